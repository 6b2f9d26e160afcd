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

/** Servers that fail a request with these errors, one after the other, and then accept it. */
const asking = async (
  errors: readonly (() => Error)[],
  { voteMs = 60_000, sending }: { voteMs?: number; sending?: 'once' } = {},
): Promise<number> => {
  opened = openServers({ endpoints, timeoutMs: 1, voteMs })
  let asked = 0
  await opened.ask(async () => {
    // A request takes its time, as one does that is given up.
    await new Promise((resolve) => setTimeout(resolve, 2))
    const error = errors[asked]
    asked += 1
    if (error !== undefined) throw error()
  }, sending)
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

const expired = unavailable('No connection established. Last error: Error: certificate has expired')

test.each([
  ['off', [refused, silent, refused, refused]],
  ['off, and one shows a wrong certificate', [expired, refused, silent, refused, refused]],
])('a server that is silent while another is %s may be voting, and is asked again', async (_what, errors) => {
  expect(await asking(errors)).toBe(errors.length + 1)
})

test('the time of a server that was silent counts for that of the vote', async () => {
  await expect(asking([refused, silent, refused, refused], { voteMs: 1 })).rejects.toThrow()
})

test('servers that are all silent may be voting, and are asked again within the time of a vote', async () => {
  const all = [silent, silent, silent]
  expect(await asking(all)).toBe(4)
  await expect(asking(all, { voteMs: 1 })).rejects.toThrow('no answer')
})

test('servers that are off are not waited for', async () => {
  await expect(asking(Array.from({ length: 4 }, () => refused))).rejects.toThrow('ECONNREFUSED')
})

test('what a server answers for good ends the request, though servers voted before', async () => {
  const denied = () => new EtcdPermissionDeniedError('etcdserver: permission denied')
  await expect(asking([noLeader, denied])).rejects.toThrow('permission denied')
})

test('a change that no answer came to is not sent again, though servers voted before', async () => {
  await expect(asking([noLeader, silent], { sending: 'once' })).rejects.toThrow('no answer')
})

test('the next server is asked beside one that says nothing, and the one that answered is asked from then on', async () => {
  opened = openServers({ endpoints, timeoutMs: 1 }, 0)
  const asked: unknown[] = []
  const ask = () =>
    opened?.ask((client) => {
      asked.push(client)
      return asked.length === 1 ? new Promise<never>(() => undefined) : Promise.resolve(asked.length)
    }, 'beside')
  expect(await ask()).toBe(2)
  expect(await ask()).toBe(3)
  expect(asked[1]).not.toBe(asked[0])
  expect(asked[2]).toBe(asked[1])
})

test('one that said nothing is waited for where all others are off, and its answer counts', async () => {
  opened = openServers({ endpoints, timeoutMs: 1 }, 0)
  let [asked, late] = [0, (_answer: string) => {}]
  const answer = opened.ask(async () => {
    asked += 1
    if (asked === 1)
      return new Promise<string>((resolve) => {
        late = resolve
      })
    if (asked === 4) late('late')
    throw refused()
  }, 'beside')
  expect(await answer).toBe('late')
})

test('a vote of the other servers is waited for beside one that says nothing', async () => {
  opened = openServers({ endpoints, timeoutMs: 1, voteMs: 60_000 }, 0)
  let asked = 0
  const answer = opened.ask(async () => {
    asked += 1
    if (asked === 1) return new Promise<never>(() => undefined)
    if (asked < 7) throw noLeader()
    return asked
  }, 'beside')
  expect(await answer).toBe(7)
})

test('a change is not sent to a second server while the first one says nothing', async () => {
  opened = openServers({ endpoints, timeoutMs: 1 }, 0)
  let asked = 0
  const answer = opened.ask(async () => {
    asked += 1
    await new Promise((resolve) => setTimeout(resolve, 2))
    throw silent()
  }, 'once')
  await expect(answer).rejects.toThrow('no answer')
  expect(asked).toBe(1)
})
