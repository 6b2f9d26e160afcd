import { expect, test } from '@jest/globals'
import { BlockStoreError, type CertificateFault, type UserFault } from '@portolan/core'
import { InspectError, PortolanError } from '@portolan/netfilter'
import { openOutage } from '../../../src/command/cluster/outage.ts'

const silence = (words: string) => new BlockStoreError('CLUSTER_UNREACHABLE', `does not answer: ${words}`)
const faulty = (certificate: CertificateFault, words: string) =>
  new BlockStoreError('CLUSTER_UNREACHABLE', words, { certificate })

const denied = (user: UserFault) =>
  new BlockStoreError('CLUSTER_DENIED', `does not let in: ${user}`, { user })

const opened = () => {
  const said: string[] = []
  const say = (text: string) => void said.push(text)
  return { said, outage: openOutage({ say, sayLines: (text) => say(`in lines: ${text}`) }) }
}

test('silence is told once, in whatever words it is found', () => {
  const { said, outage } = opened()
  for (const words of ['RST_STREAM', 'ECONNREFUSED', 'no leader']) outage.failed(silence(words))
  outage.failed(new BlockStoreError('CLUSTER_OUTCOME_UNKNOWN', 'did not answer a change'))
  expect(said).toEqual(['portolan: does not answer: RST_STREAM'])
})

test('what another program said is told on lines of its own', () => {
  const { said, outage } = opened()
  const details = { command: 'ip route', exitCode: 2, stderr: 'one\ntwo' }
  outage.failed(new InspectError('ip route exited 2: one\ntwo', details))
  outage.failed(new PortolanError('STATE', 'The state is damaged.'))
  expect(said).toEqual(['in lines: portolan: ip route exited 2: one\ntwo', 'portolan: The state is damaged.'])
})

test('a certificate that is refused is told beside the silence before it, and each fault of it once', () => {
  const { said, outage } = opened()
  outage.failed(silence('RST_STREAM'))
  for (const _time of [1, 2]) {
    outage.failed(faulty('expired', 'has expired (05:59Z)'))
    outage.failed(faulty('expired', 'has expired (06:00Z)'))
    outage.failed(faulty('name', 'is for another name'))
    outage.failed(silence('ECONNREFUSED'))
  }
  expect(said).toEqual([
    'portolan: does not answer: RST_STREAM',
    'portolan: has expired (05:59Z)',
    'portolan: is for another name',
  ])
  outage.answered('all is well.')
  outage.failed(faulty('expired', 'has expired (06:10Z)'))
  expect(said.slice(3)).toEqual([
    'portolan: etcd answers again: all is well.',
    'portolan: has expired (06:10Z)',
  ])
})

test('each reason why etcd does not let the user in is told once, and once that it does', () => {
  const { said, outage } = opened()
  for (const _time of [1, 2])
    for (const fault of ['unnamed', 'unknown', 'not-allowed'] as const) outage.failed(denied(fault))
  for (const _time of [1, 2]) outage.answered('all is well.')
  outage.failed(denied('unknown'))
  expect(said).toEqual([
    'portolan: does not let in: unnamed',
    'portolan: does not let in: unknown',
    'portolan: does not let in: not-allowed',
    'portolan: etcd answers again: all is well.',
    'portolan: does not let in: unknown',
  ])
})
