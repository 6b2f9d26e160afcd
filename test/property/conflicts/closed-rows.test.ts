import { describe, expect, test } from '@jest/globals'
import { type Conflict, endpointAddresses, findConflicts } from '@portolan/core'
import * as iptables from '@portolan/iptables'
import { commandWording, prepare, type Wording } from '@portolan/netfilter'
import { plannedFacts } from '../../../packages/core/src/conflict/search/planned-host/planned-facts.ts'
import { backends } from '../arbitrary/backend.ts'
import { expectTrue } from './expect-true.ts'
import { fateOf } from './fate.ts'
import { bypassesOf, hostFacts, look, type Seen, tell } from './look.ts'
import {
  comingIn,
  destination,
  dnat,
  type NftRule,
  type NftTable,
  setField,
  source,
  tableOf,
  tcpTo,
} from './nft-rules.ts'
import { filter, mangle, nat } from './saved.ts'

/** An intent with something of every kind that the contract keeps closed. */
const intent = `
name: shop
networks:
  web:
    ipam: {config: [{subnet: 172.30.1.0/24, gateway: 172.30.1.1}]}
    driver_opts: {com.docker.network.bridge.name: pt-web}
  quiet:
    internal: true
    ipam: {config: [{subnet: 172.30.2.0/24, gateway: 172.30.2.1}]}
    driver_opts: {com.docker.network.bridge.name: pt-quiet}
  apart:
    ipam: {config: [{subnet: 172.30.3.0/24, gateway: 172.30.3.1}]}
    driver_opts: {com.docker.network.bridge.name: pt-apart, com.docker.network.bridge.enable_icc: "false"}
services:
  nginx:
    networks: {web: {ipv4_address: 172.30.1.10}}
    ports:
      - {target: 80, published: "8080", x-portolan: {allow_from: [203.0.113.0/24]}}
      - "127.0.0.1:9090:90"
      - {target: 70, published: "7070", x-portolan: {interface: eth1}}
  db: {networks: {quiet: {ipv4_address: 172.30.2.10}}}
  one: {networks: {apart: {ipv4_address: 172.30.3.10}}}
`

const chain = (type: 'filter' | 'nat', hook: string, prio: number, ...rules: readonly NftRule[]): NftTable =>
  tableOf('ip', type, hook, prio, ...rules)

describe.each(backends)('what gets in beside %s', (backend) => {
  const seen = (nft: readonly NftTable[]): Promise<Seen> => look({ nft, intent, backend, facts: hostFacts })

  test.each([
    [
      'a source that is rewritten to one that allow_from has',
      chain('filter', 'prerouting', -300, [source('198.51.100.7'), setField('ip', 'saddr', '203.0.113.9')]),
      ['error Bypassed 0.0.0.0:8080/tcp by nft mine prerouting 1'],
    ],
    [
      'a translation of a port of the container that nothing publishes',
      chain('nat', 'prerouting', -110, [destination('172.30.1.10'), tcpTo(5000), dnat('172.30.1.10', 5432)]),
      ['error Bypassed network web by nft mine prerouting 1'],
    ],
    [
      'a translation of a loopback-bound port for other machines',
      chain('nat', 'prerouting', -110, [destination('192.0.2.2'), tcpTo(9090), dnat('172.30.1.10', 90)]),
      ['error Bypassed 127.0.0.1:9090/tcp by nft mine prerouting 1'],
    ],
    [
      'a translation of a port that is bound to another interface',
      chain('nat', 'prerouting', -110, [
        comingIn('eth0'),
        destination('192.0.2.2'),
        tcpTo(7070),
        dnat('172.30.1.10', 70),
      ]),
      ['error Bypassed 0.0.0.0:7070/tcp by nft mine prerouting 1'],
    ],
  ])('is told: %s', async (_name, table, told) => {
    const found = await seen([table])
    expect(
      bypassesOf(found).map((one) => one.replace(/ (0\.0\.0\.0|127\.0\.0\.1):(\d+)%\w+/, ' $1:$2')),
    ).toEqual(told)
    expectTrue(found)
  })

  test.each([
    ['nothing at all', []],
    [
      'a translation to a container of others',
      [chain('nat', 'prerouting', -110, [tcpTo(8443), dnat('172.29.0.2', 443)])],
    ],
    [
      'an accept in another chain that comes first',
      [
        chain('filter', 'prerouting', -160, [{ accept: null }]),
        chain('filter', 'forward', -160, [{ accept: null }]),
      ].map((table, at): NftTable => ({ ...table, name: `mine${at}` })),
    ],
  ])('is not told, as nothing gets in: %s', async (_name, nft) => {
    expect(bypassesOf(await seen(nft))).toEqual([])
  })
})

/** The present rules of a host, without a plan. */
const onHost = async (
  backend: iptables.Variant,
  change: (saved: string) => string,
  wording: Wording = commandWording,
) => {
  const { plan: planned } = await look({ intent, backend, facts: hostFacts })
  const saved = change(iptables.print(iptables.compile(planned.desired), 'iptables-save'))
  const rulesets = [iptables.lower(iptables.parse(saved), { tool: backend })]
  const after = plannedFacts(planned.desired, hostFacts, true)
  const conflicts = findConflicts(planned.desired, hostFacts, rulesets, { wording }).filter(
    ({ kind }) => kind === 'Bypassed',
  )
  const evaluator = prepare(after, rulesets, { endpoints: endpointAddresses(planned.desired) })
  const fates = conflicts.map((one: Conflict) => fateOf(one, planned.desired, after, evaluator))
  return { told: conflicts.map(tell), fates, conflicts }
}

const inFront = (place: string, rule: string) => (saved: string) =>
  saved.replace(new RegExp(`^-A ${place} `, 'm'), `-A ${place} ${rule}\n$&`)

describe.each(['iptables-nft', 'iptables-legacy'] as const)('what gets in by %s', (backend) => {
  test('an accept in front of our jump in mangle PREROUTING opens a restricted port', async () => {
    const { told, fates, conflicts } = await onHost(backend, inFront('PREROUTING', '-p tcp -j ACCEPT'))
    expect(told).toEqual([`error Bypassed 0.0.0.0:8080/tcp by ${backend} mangle PREROUTING 1`])
    expect(fates).toEqual(['fails'])
    expect(conflicts[0]?.message).toBe(
      `0.0.0.0:8080/tcp -> nginx:80 lets in packets from eth0 with a source that is not in allow_from. Rule 1 of chain PREROUTING (${backend}, table mangle) accepts the packets in front of Portolan's drops: \`-A PREROUTING -p tcp -j ACCEPT\`.`,
    )
    expect(conflicts[0]?.remedy.text).toMatch(/^Run "portolan apply"/)
  })

  test('the way out of that is one that the user of an engine has', async () => {
    const wording = { ...commandWording, apply: null, restore: 'start a container' }
    const { conflicts } = await onHost(backend, inFront('PREROUTING', '-p tcp -j ACCEPT'), wording)
    expect(conflicts[0]?.remedy.text).toBe(
      "Start a container. It moves Portolan's jump in front of that rule.",
    )
  })

  test('an accept in front of our jump in mangle FORWARD opens containers, other bridges, icc and internal networks', async () => {
    const { told, fates } = await onHost(backend, inFront('FORWARD', '-j ACCEPT'))
    expect([...new Set(told)]).toEqual([
      ...['0.0.0.0:8080/tcp', '127.0.0.1:9090/tcp', '0.0.0.0:7070/tcp'].map(
        (label) => `error Bypassed ${label} by ${backend} mangle FORWARD 1`,
      ),
      ...['web', 'quiet', 'apart'].map(
        (name) => `error Bypassed network ${name} by ${backend} mangle FORWARD 1`,
      ),
    ])
    expect(new Set(fates)).toEqual(new Set(['fails']))
  })

  test('one that meets some of them by lot or by a limit is told, the limit as possible', async () => {
    const limited = await onHost(
      backend,
      inFront('FORWARD', '-d 172.30.1.10/32 -p tcp --dport 5432 -m limit --limit 1/s -j ACCEPT'),
    )
    expect(limited.told).toEqual([`warning possible Bypassed network web by ${backend} mangle FORWARD 1`])
    expect(limited.fates).toEqual(['may fail'])
  })

  test('where two rules let a packet in, one behind the other, both are told', async () => {
    const both = await onHost(backend, inFront('FORWARD', '-d 172.30.1.0/24 -j ACCEPT\n-A FORWARD -j ACCEPT'))
    const ofWeb = both.told.filter((one) => one.includes('network web'))
    expect(ofWeb).toEqual([
      `error Bypassed network web by ${backend} mangle FORWARD 1`,
      `error Bypassed network web by ${backend} mangle FORWARD 2`,
    ])
    expect(new Set(both.fates)).toEqual(new Set(['fails']))
  })

  test('a rule that only counts in front of our jump lets nothing in', async () => {
    expect((await onHost(backend, inFront('FORWARD', '-p tcp'))).told).toEqual([])
    expect((await onHost(backend, inFront('PREROUTING', '-j MARK --set-xmark 0x1/0x1'))).told).toEqual([])
  })

  test('once it is planned, the jump stands first, and nothing gets in', async () => {
    const saved =
      mangle('-A PREROUTING -j ACCEPT', '-A FORWARD -j ACCEPT') + nat('-A PREROUTING -j ACCEPT') + filter()
    const scene = backend === 'iptables-nft' ? { saved } : { legacy: saved }
    expect(bypassesOf(await look({ ...scene, intent, backend, facts: hostFacts }))).toEqual([])
  })
})
