/** Where a seal has the folder of its project and, one path a line, what is in that and not in the seal. */
export const absentList = '/run/fledge/absent'
