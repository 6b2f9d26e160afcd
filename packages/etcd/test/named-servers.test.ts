import { createSocket } from 'node:dgram'
import { getServers, setServers } from 'node:dns/promises'
import { once } from 'node:events'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { openEtcdStore } from '../src/index.ts'

/** A nameserver that receives questions and never answers. */
const silent = createSocket('udp4')
const before = getServers()
let asked = 0

beforeAll(async () => {
  silent.on('message', () => {
    asked += 1
  })
  silent.bind(0, '127.0.0.1')
  await once(silent, 'listening')
  setServers([`127.0.0.1:${silent.address().port}`])
})

afterAll(() => {
  setServers(before)
  silent.close()
})

test('a name that /etc/hosts tells costs no question to a nameserver', async () => {
  const store = openEtcdStore({ cluster: 'prod', endpoints: ['localhost:1'], timeoutMs: 500 })
  await expect(store.read()).rejects.toMatchObject({ code: 'CLUSTER_UNREACHABLE' })
  await store.close()
  // Questions that were sent before this marker have arrived before it.
  const marker = createSocket('udp4')
  marker.send('marker', silent.address().port, '127.0.0.1')
  await once(silent, 'message')
  marker.close()
  expect(asked).toBe(1)
})
