import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { listenOnSocket } from '../../src/docker/serve/listen-on-socket.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'portolan-socket-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

test('a socket is made with its folder for root alone, one that was left is replaced, and one in use is not', async () => {
  const path = join(folder, 'plugins/portolan.sock')
  const [one, other] = [createServer(), createServer()]
  const mask = process.umask()
  const unlisten = await listenOnSocket(one, path, {})
  expect(statSync(path).mode & 0o777).toBe(0o600)
  expect(process.umask()).toBe(mask)
  await expect(listenOnSocket(other, path, {})).rejects.toThrow('another program serves')
  unlisten()
  one.close()
  writeFileSync(path, '')
  const again = await listenOnSocket(other, path, {})
  other.close()
  again()
  again()
})

test('a place that cannot be is told', async () => {
  writeFileSync(join(folder, 'file'), '')
  await expect(listenOnSocket(createServer(), join(folder, 'file/portolan.sock'), {})).rejects.toThrow(
    'cannot be listened on',
  )
})
