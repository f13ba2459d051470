import { join } from 'node:path'

import { expect, test } from '@playwright/test'

import { listImages } from '../../../src/cli/list-images.ts'
import { checkLeaks } from '../../fixtures/leaks.ts'
import { fakeCache } from '../cache/fake-cache.ts'
import { printed } from './printed.ts'

const name = 'debian:13'

/** How far the image has come, by what is printed for people and for programs. */
async function cached(): Promise<readonly unknown[]> {
  const { text } = await printed(() => listImages({ all: true }))
  const line = text.split('\n').find((each) => each.startsWith(`${name} `))
  const { text: json } = await printed(() => listImages({ all: true, json: true }))
  const images = JSON.parse(json) as { name: string; cached?: string }[]
  return [line?.trim().split(' ').at(-1), images.find((each) => each.name === name)?.cached]
}

test('fledge images ls --all tells how far an official image has come', async () => {
  await using cache = await fakeCache()
  expect(await cached()).toEqual(['-', undefined])
  const download = await cache.download('debian-13-a')
  expect(await cached()).toEqual(['downloaded', 'downloaded'])
  const prepared = await cache.layer('debian-13-b', join(download, 'disk.qcow2'))
  expect(await cached()).toEqual(['prepared', 'prepared'])
  await cache.template('debian-13-c', prepared)
  expect(await cached()).toEqual(['template', 'template'])
})

test('fledge images ls --json tells how far an image from packages has come', async () => {
  await using cache = await fakeCache()
  await cache.image('debian-13-minimal-a')
  const { text } = await printed(() => listImages({ json: true }))
  const image = (JSON.parse(text) as { name: string }[]).find((each) => each.name === 'debian:13-minimal')
  expect(image).toMatchObject({ cached: 'built', bytes: expect.any(Number) })
})

checkLeaks()
