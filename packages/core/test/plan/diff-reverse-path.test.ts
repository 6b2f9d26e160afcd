import { describe, expect, test } from '@jest/globals'
import type { DesiredEndpoint, DesiredState } from '../../src/contract/index.ts'
import { diffSysctls } from '../../src/plan/index.ts'
import { desired, network } from '../contract/state.ts'

const web = 'net.ipv4.conf.br-web.rp_filter'
const db = 'net.ipv4.conf.br-db.rp_filter'
const all = 'net.ipv4.conf.all.rp_filter'

const at = (service: string, name: string, ip: string | null): DesiredEndpoint => ({
  service,
  replica: 1,
  network: name,
  ip,
  ip6: null,
  mac: '02:42:ac:11:00:02',
})

const state = (wish: Partial<DesiredState> = {}): DesiredState =>
  desired({
    mappings: [],
    networks: [network('web', { ip6: null }), network('db', { ip6: null })],
    endpoints: [
      at('nginx', 'web', '172.17.0.2'),
      at('nginx', 'db', '172.18.0.2'),
      at('worker', 'web', '172.17.0.3'),
    ],
    ...wish,
  })

const diff = (wanted: DesiredState, sysctls: Readonly<Record<string, string>>, writable = true) => {
  const { changes, conflicts } = diffSysctls(
    wanted,
    { sysctls: { 'net.ipv4.ip_forward': '1', ...sysctls } },
    { writable },
  )
  return {
    set: changes.map(({ operation: { name, value } }) => `${name}=${value}`),
    told: conflicts.map(({ kind, severity, certainty, network: of }) =>
      [severity, certainty, kind, of].join(' '),
    ),
    conflicts,
  }
}

describe('the reverse path filter of a bridge', () => {
  test('is made loose on every bridge of ours, whatever all has', () => {
    for (const value of ['0', '1', '2'])
      expect(diff(state(), { [all]: value }).set).toEqual([`${web}=2`, `${db}=2`])
  })

  test('is left as it is where it is loose', () => {
    expect(diff(state(), { [web]: '2', [db]: '2', [all]: '1' })).toMatchObject({ set: [], told: [] })
  })

  test('is set back where something made it strict or switched it off', () => {
    expect(diff(state(), { [web]: '1', [db]: '0' }).set).toEqual([`${web}=2`, `${db}=2`])
  })

  test('is no matter of a network without IPv4, or without a gateway', () => {
    const networks = [
      network('web', { ip: null }),
      network('db', { ip6: null, subnet: { gateway: null, mode: 'isolated' } }),
    ]
    const { set } = diff(state({ networks }), { 'net.ipv6.conf.all.forwarding': '1' })
    expect(set).toEqual([])
  })

  test('of a bridge that is not ours is left alone', () => {
    const networks = [network('web', { ip6: null }), network('db', { ip6: null, external: true })]
    expect(diff(state({ networks }), { [db]: '2' }).set).toEqual([`${web}=2`])
  })
})

describe('a strict reverse path filter that may not be changed', () => {
  const external = [network('web', { ip6: null }), network('db', { ip6: null, external: true })]

  test('is a conflict of a bridge that is not ours, where a container has a second network', () => {
    const { told, conflicts } = diff(state({ networks: external }), { [web]: '2', [db]: '1' })
    expect(told).toEqual(['warning possible ReversePathFilterStrict db'])
    expect(conflicts[0]).toMatchObject({
      message: expect.stringMatching(
        /^Replies of nginx may be dropped: .* br-db is strict\. .* not Portolan’s/,
      ),
      culprit: { tool: 'sysctl', text: `${db} = 1` },
      remedy: { commands: [`sysctl -w ${db}=2`] },
    })
  })

  test('is one by way of all, and of default where the bridge is not there yet', () => {
    const told = (sysctls: Readonly<Record<string, string>>) => diff(state(), sysctls, false).told
    const both = [
      'warning possible ReversePathFilterStrict web',
      'warning possible ReversePathFilterStrict db',
    ]
    expect(told({ [all]: '1', [web]: '0', [db]: '0' })).toEqual(both)
    expect(told({ 'net.ipv4.conf.default.rp_filter': '1' })).toEqual(both)
    expect(told({ [all]: '1', [web]: '2', [db]: '1' })).toEqual(both.slice(1))
  })

  test('is none where it is loose or off', () => {
    expect(diff(state(), { [all]: '2', [web]: '1', [db]: '1' }, false).told).toEqual([])
    expect(diff(state(), { [all]: '0', [web]: '0', [db]: '0' }, false).told).toEqual([])
    expect(diff(state(), {}, false).told).toEqual([])
  })

  test('is none where every container has one network', () => {
    const endpoints = [at('nginx', 'web', '172.17.0.2'), at('worker', 'db', '172.18.0.2')]
    expect(diff(state({ endpoints }), { [all]: '1' }, false).told).toEqual([])
  })

  test('is none where the other network has no gateway to answer over', () => {
    const networks = [
      network('web', { ip6: null }),
      network('db', { ip6: null, subnet: { gateway: null, mode: 'isolated' } }),
    ]
    expect(diff(state({ networks }), { [all]: '1' }, false).told).toEqual([])
  })
})
