import type { TimelineData } from '../../src/test/timeline-data.ts'

/** Reads what the page is about, which is in it as JSON, packed by gzip, in base64. */
export async function readData(base64: string): Promise<TimelineData> {
  const binary = atob(base64.trim())
  const bytes = Uint8Array.from({ length: binary.length }, (_, index) => binary.charCodeAt(index))
  const unpacked = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'))
  return (await new Response(unpacked).json()) as TimelineData
}
