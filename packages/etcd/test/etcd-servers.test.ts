import { afterEach, expect, test } from '@jest/globals'
import { EtcdPermissionDeniedError, GRPCDeadlineExceededError, GRPCUnavailableError } from 'etcd3'
import { type EtcdServers, openServers } from '../src/etcd-servers.ts'

const endpoints = ['192.0.2.1:2379', '192.0.2.2:2379', '192.0.2.3:2379']
let opened: EtcdServers | null = null
afterEach(() => opened?.close())

const unavailable = (words: string) => () => new GRPCUnavailableError(`14 UNAVAILABLE: ${words}`)
const refused = unavailable('No connection established. Last error: connect ECONNREFUSED 192.0.2.1:2379')
const noLeader = unavailable('etcdserver: no leader')
const silent = () => new GRPCDeadlineExceededError('4 DEADLINE_EXCEEDED: no answer within 1 ms')

/** Servers that fail a request so, one after the other, and then take it. */
const asking = async (
  errors: readonly (() => Error)[],
  { voteMs = 60_000, isRepeatable = true }: { voteMs?: number; isRepeatable?: boolean } = {},
): Promise<number> => {
  opened = openServers({ endpoints, timeoutMs: 1, voteMs })
  let asked = 0
  await opened.ask(async () => {
    // A request takes its time, as one does that is given up.
    await new Promise((resolve) => setTimeout(resolve, 2))
    const error = errors[asked]
    asked += 1
    if (error !== undefined) throw error()
  }, isRepeatable)
  return asked
}

test('a vote is waited for after a server that was silent until its time was over', async () => {
  expect(await asking([silent, refused, noLeader, noLeader, refused, noLeader])).toBe(7)
})

test.each([
  'etcdserver: leader changed',
  'etcdserver: request timed out',
  'etcdserver: request timed out, possibly due to previous leader failure',
  'etcdserver: server stopped',
])('a server that says "%s" is asked again, as one without a leader', async (words) => {
  expect(await asking(Array.from({ length: 6 }, () => unavailable(words)))).toBe(7)
})

test('a vote is waited for no longer than for its time', async () => {
  const forever = Array.from({ length: 50 }, () => noLeader)
  await expect(asking(forever, { voteMs: 0 })).rejects.toThrow('no leader')
})

test('servers that are off are not waited for', async () => {
  await expect(asking(Array.from({ length: 4 }, () => refused))).rejects.toThrow('ECONNREFUSED')
})

test('what a server answers for good ends the request, though servers voted before', async () => {
  const denied = () => new EtcdPermissionDeniedError('etcdserver: permission denied')
  await expect(asking([noLeader, denied])).rejects.toThrow('permission denied')
})

test('a change that no answer came to is not sent again, though servers voted before', async () => {
  await expect(asking([noLeader, silent], { isRepeatable: false })).rejects.toThrow('no answer')
})
