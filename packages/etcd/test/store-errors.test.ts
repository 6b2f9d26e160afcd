import { expect, test } from '@jest/globals'
import { EtcdPermissionDeniedError, GRPCResourceExhastedError, GRPCUnavailableError } from 'etcd3'
import { committingError, readingError } from '../src/store-errors.ts'

const endpoints = ['192.0.2.1:2379', '192.0.2.2:2379']
const refused = new GRPCUnavailableError(
  'GRPCUnavailableError: 14 UNAVAILABLE: No connection established. Last error: connect ECONNREFUSED 192.0.2.1:2379. Resolution note: ',
)
const denied = new EtcdPermissionDeniedError('etcdserver: permission denied')

test('a request that found no server says where it looked and what goes on without one', () => {
  const { code, message, cause } = readingError(refused, { endpoints })
  expect({ code, cause }).toEqual({ code: 'CLUSTER_UNREACHABLE', cause: refused })
  expect(message).toMatch(
    /^etcd at 192\.0\.2\.1:2379, 192\.0\.2\.2:2379 does not answer: connect ECONNREFUSED 192\.0\.2\.1:2379\. Blocks that this host holds stay its own/,
  )
})

test('a connection that ended without a reason is told as one that is not there', () => {
  const ended = new GRPCUnavailableError(
    '14 UNAVAILABLE: No connection established. Last error: null. Resolution note: ',
  )
  expect(readingError(ended, { endpoints }).message).toContain(' does not answer: no connection came about. ')
})

test('a change without an answer may have been made; one that was refused for its user was not', () => {
  expect(committingError(refused, { endpoints }).code).toBe('CLUSTER_OUTCOME_UNKNOWN')
  expect(committingError(denied, { endpoints })).toMatchObject({
    code: 'CLUSTER_DENIED',
    message: expect.stringContaining('read and write keys under /portolan/v1/'),
  })
})

test('an etcd without room says so, for a change and for a lease, and a change was not made', () => {
  const full = new GRPCResourceExhastedError(
    '8 RESOURCE_EXHAUSTED: etcdserver: mvcc: database space exceeded',
  )
  for (const error of [readingError(full, { endpoints }), committingError(full, { endpoints })])
    expect(error).toMatchObject({
      code: 'CLUSTER_UNREACHABLE',
      message: expect.stringMatching(
        /^etcd at \S+, \S+ takes no change: its data has reached its limit .*Make room: .*`etcdctl alarm disarm`\.$/,
      ),
    })
})

test.each([
  ['certificate has expired', 'expired'],
  ['unable to get local issuer certificate', 'authority'],
  [
    "Hostname/IP does not match certificate's altnames: Host: a. is not in the cert's altnames: DNS:b",
    'name',
  ],
])('an error tells which fault a certificate has: %s', (words, certificate) => {
  expect(readingError(new Error(words), { endpoints })).toMatchObject({ certificate })
  expect(committingError(new Error(words), { endpoints })).toMatchObject({ certificate })
  expect(readingError(refused, { endpoints })).not.toHaveProperty('certificate')
})
