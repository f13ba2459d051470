import { InvalidArgumentError } from 'commander'

/** Names between commas; a comma between the packages of one image, as in `debian:13-minimal+nginx,curl`, is its own. */
export function imageNames(value: string, before: readonly string[] = []): string[] {
  const images = [...before]
  for (const part of value.split(',').map((part) => part.trim())) {
    const last = images.at(-1)
    const isPackage = part !== '' && !/[:/]/.test(part) && last?.includes('+')
    if (isPackage) images[images.length - 1] = `${last},${part}`
    else images.push(part)
  }
  if (images.includes('')) throw new InvalidArgumentError('An image has no name.')
  const twice = images.find((name, index) => images.indexOf(name) !== index)
  if (twice !== undefined) throw new InvalidArgumentError(`"${twice}" is there twice.`)
  return images
}
