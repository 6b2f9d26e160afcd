import { describe, expect, test } from '@jest/globals'
import { checkDesired, checkProject } from '../../src/contract/check-desired.ts'
import type { DesiredMapping, DesiredState } from '../../src/contract/desired-state.ts'

const target = { service: 'web', replica: 1, network: 'net', address: '172.17.0.1', port: 80, weight: 1 }

const mapping: DesiredMapping = {
  label: '0.0.0.0:8080/tcp -> web:80',
  family: 'ip',
  protocol: 'tcp',
  kind: 'nat',
  hostAddress: null,
  hostPort: 8080,
  interface: null,
  allowFrom: null,
  targets: [target],
}

const state = (change: object): DesiredState => ({
  project: 'shop',
  networks: [],
  endpoints: [],
  mappings: [{ ...mapping, ...change } as DesiredMapping],
  guardForwarding: false,
})

describe('checkDesired', () => {
  test('takes what resolve makes', () => {
    expect(() => checkDesired(state({}))).not.toThrow()
  })

  test.each([
    ['a protocol that would become a verdict', { protocol: 'tcp -j ACCEPT' }, /protocol/],
    ['a port beyond 65535', { hostPort: 65536 }, /host port/],
    ['a fraction of a port', { hostPort: 80.5 }, /host port/],
    ['a host address of the other family', { hostAddress: '::2' }, /host address/],
    ['a host address that is not canonical', { hostAddress: '192.0.2.02' }, /host address/],
    ['a prefix that is a word', { allowFrom: ['everyone'] }, /allow_from/],
    ['a target of the other family', { targets: [{ ...target, address: 'fd00::1' }] }, /target/],
    ['a target port of 0', { targets: [{ ...target, port: 0 }] }, /target port/],
    ['a negative weight', { targets: [{ ...target, weight: -5 }] }, /weight/],
  ])('refuses %s', (_, change, message) => {
    expect(() => checkDesired(state(change))).toThrow(message)
  })

  test.each(['', 'a/b', 'Demo', '-x', 'a b', 'x'.repeat(64)])('refuses the project %j', (project) => {
    expect(() => checkProject(project)).toThrow(/not a usable name/)
  })
})
