import { expect, test } from '@jest/globals'
import type { BlockChanges } from '@portolan/core'
import { InvalidRequestError } from '@portolan/netfilter'
import { freshStore } from '../../src/cluster/fresh-access.ts'

/** A store of each version of its files, of which it is told what is done with which. */
const site = () => {
  const log: string[] = []
  const files = { stamp: '1', isWhole: true }
  const fresh = freshStore(
    () => {
      const name = files.stamp
      if (!files.isWhole) throw new InvalidRequestError('the key is not that of the certificate.')
      log.push(`open ${name}`)
      const ended = new AbortController()
      return {
        read: async () => {
          log.push(`read ${name}`)
          return { revision: 1, entries: [] }
        },
        watch: () => ({
          async *[Symbol.asyncIterator](): AsyncGenerator<BlockChanges, void, undefined> {
            if (!ended.signal.aborted) await new Promise((end) => ended.signal.addEventListener('abort', end))
          },
          close: () => ended.abort(),
        }),
        close: async () => {
          log.push(`close ${name}`)
        },
      }
    },
    () => files.stamp,
  )
  return { log, files, fresh, read: () => fresh.ask((store) => store.read()) }
}

test('a request goes to a store that is opened with files that were replaced', async () => {
  const { log, files, fresh, read } = site()
  await read()
  await read()
  files.stamp = '2'
  await read()
  expect(log).toEqual(['open 1', 'read 1', 'read 1', 'open 2', 'close 1', 'read 2'])
  await fresh.close()
  expect(log.at(-1)).toBe('close 2')
})

test('a watch stays on the connection that it has, which is closed once it has ended', async () => {
  const { log, files, fresh, read } = site()
  const watch = fresh.watch(1)
  files.stamp = '2'
  await read()
  expect(log).toEqual(['open 1', 'open 2', 'read 2'])
  watch.close()
  for await (const _change of watch);
  expect(log.filter((line) => line === 'close 1')).toHaveLength(1)
  await fresh.close()
  expect(log.filter((line) => line.startsWith('close'))).toEqual(['close 1', 'close 2'])
})

test('files of which one is replaced already and the other is not are passed over until both are', async () => {
  const { log, files, read } = site()
  files.stamp = '2'
  files.isWhole = false
  await read()
  files.isWhole = true
  await read()
  expect(log).toEqual(['open 1', 'read 1', 'open 2', 'close 1', 'read 2'])
})
