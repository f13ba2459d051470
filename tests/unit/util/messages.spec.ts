import { expect, test } from '@playwright/test'

import { checkLeaks } from '../../fixtures/leaks.ts'
import { notice, tellingAnew, type NoticeMessage } from '../../../src/util/notice.ts'
import { step, type ProgressMessage } from '../../../src/util/progress.ts'
import { messagesOf } from '../messages-of.ts'

test('notice() says a thing once in the life of the process', async () => {
  const messages = await messagesOf<NoticeMessage>('fledge:notice', async () => {
    notice('KVM is slow today', 'Wait')
    notice('KVM is slow today', 'Wait')
    notice('and so is the disk')
  })
  expect(messages).toEqual([
    { message: 'KVM is slow today', hint: 'Wait' },
    { message: 'and so is the disk' },
  ])
})

test('notice() says it again to who has not heard it', async () => {
  const messages = await messagesOf<NoticeMessage>('fledge:notice', async () => {
    notice('the host is old')
    for (const name of ['first', 'second']) {
      await tellingAnew(async () => {
        notice('the host is old')
        await Promise.resolve()
        notice('the host is old')
        notice(`for the ${name}`)
      })
    }
    notice('the host is old')
  })
  expect(messages.map(({ message }) => message)).toEqual([
    'the host is old',
    ...['the host is old', 'for the first'],
    ...['the host is old', 'for the second'],
  ])
})

test('step() tells of its start, its turns and its end', async () => {
  let result: unknown
  const messages = await messagesOf<ProgressMessage>('fledge:progress', async () => {
    result = await step('building', async (update) => {
      update('unpacking')
      await new Promise((resolve) => setTimeout(resolve, 20))
      return 'built'
    })
  })
  expect(result).toBe('built')
  const id = messages[0]?.id
  expect(messages).toMatchObject([
    { id, state: 'start', title: 'building' },
    { id, state: 'update', title: 'building', detail: 'unpacking' },
    { id, state: 'end', title: 'building' },
  ])
  expect(messages[0]).not.toHaveProperty('detail')
  expect(messages[2]?.elapsedMs).toBeGreaterThan(15)
})

test('step() tells that it failed, and fails', async () => {
  const messages = await messagesOf<ProgressMessage>('fledge:progress', async () => {
    const working = step('building', async () => {
      throw new Error('no space')
    })
    await expect(working).rejects.toThrow('no space')
    await step('again', async () => {})
  })
  expect(messages.map(({ state }) => state)).toEqual(['start', 'fail', 'start', 'end'])
  expect(messages[0]?.id).not.toBe(messages[2]?.id)
})

checkLeaks()
