import { describe, expect, test } from '@jest/globals'
import { commandWording, commandWordingAs } from '@portolan/netfilter'
import { fromJson } from '../../../../test/from-json.ts'
import { findLostBlock } from '../../src/conflict/find-lost-block.ts'
import {
  bridgeNameTaken,
  type Conflict,
  duplicateHostPort,
  forwardingDisabled,
  hostBecomesRouter,
  hostPortTaken,
  iccForIpOnly,
  iccUnenforceable,
  linkUndeliverable,
  loopbackUnreachable,
  networkInUse,
  overlappingHostPort,
  routeLocalnetDisabled,
  routerAdvertisementsLost,
  subnetOverlap,
} from '../../src/conflict/index.ts'
import { PoolExhaustedError } from '../../src/pool/index.ts'
import { mapping, mapping6 } from '../contract/state.ts'

const winner = { project: 'blog', label: '0.0.0.0:8080/tcp -> ghost:80' }
const loser = '0.0.0.0:8080/tcp -> nginx:80'

const onLoopback = mapping6({ label: '[::1]:8080/tcp -> nginx:80', hostAddress: '::1' })

const narrow = {
  ...mapping({ label: '192.0.2.2:8080/tcp -> nginx:80', hostAddress: '192.0.2.2' }),
  project: 'shop',
}

const published = {
  ...winner,
  family: 'ip',
  protocol: 'tcp',
  hostAddress: null,
  hostPort: 8080,
  interface: null,
  targets: [{ address: '172.17.0.2', port: 80 }],
} as const

const everyKind: readonly Conflict[] = [
  bridgeNameTaken('web', 'br0', 'uplink'),
  duplicateHostPort('shop', mapping({ label: loser }), winner, '0.0.0.0:8080/tcp', 'another-project'),
  duplicateHostPort('shop', mapping({ label: loser }), winner, '0.0.0.0:8080/tcp', 'another-target'),
  duplicateHostPort('shop', mapping({ label: loser }), winner, '0.0.0.0:8080/tcp', 'same-target'),
  forwardingDisabled('net.ipv4.ip_forward', '0'),
  forwardingDisabled('net.ipv6.conf.all.forwarding', '0', ['net.ipv6.conf.eth0.accept_ra']),
  routerAdvertisementsLost('eth0', 'net.ipv6.conf.eth0.accept_ra'),
  hostBecomesRouter(['net.ipv4.ip_forward', 'net.ipv6.conf.all.forwarding'], false),
  hostBecomesRouter(['net.ipv4.ip_forward'], true),
  hostPortTaken('shop', mapping(), { port: 8080 }, null, false),
  hostPortTaken('shop', mapping(), { port: 8080 }, null, true),
  networkInUse('web', 'br-web', [published]),
  networkInUse('web', 'br-web', [published, { ...published, project: 'wiki' }]),
  iccForIpOnly('web', 'port veth1 of br-web was plugged in without isolation.'),
  iccUnenforceable('web', 'the ports could not be isolated.'),
  linkUndeliverable('web', ['db from web on back, linked']),
  loopbackUnreachable('shop', onLoopback),
  ...[overlappingHostPort(narrow, published) ?? []].flat(),
  routeLocalnetDisabled('net.ipv4.conf.br-web.route_localnet', null, 'web'),
  subnetOverlap('web', '10.1.0.0/16', [
    { overlaps: '10.0.0.0/8', kind: 'route', detail: 'route 10.0.0.0/8 via wg0', owner: 'wireguard' },
  ]),
]

describe.each(everyKind.map((conflict) => [conflict.kind, conflict] as const))('%s', (_, conflict) => {
  test('says what is wrong and what to do, in whole sentences', () => {
    for (const text of [conflict.message, conflict.remedy.text]) {
      expect(text).toMatch(/^\S.*[.]$/)
      expect(text).not.toMatch(/undefined|null|\[object| {2}/)
      expect(text.length).toBeGreaterThan(20)
    }
  })

  test('belongs to a mapping, a network or the host', () => {
    expect(conflict.mapping === null || conflict.network === null).toBe(true)
  })

  test('carries the mapping it is about as data, with its project', () => {
    if (conflict.mapping === null) expect(conflict.published).toBeNull()
    else
      expect(conflict.published).toMatchObject({
        project: 'shop',
        protocol: 'tcp',
        hostPort: 8080,
        targets: [{ service: 'nginx', network: 'web', port: 80 }],
      })
  })

  test('survives JSON', () => {
    expect(fromJson(JSON.stringify(conflict))).toEqual(conflict)
  })
})

describe('severity', () => {
  test.each<[string, Conflict['severity']]>([
    ['BridgeNameTaken', 'error'],
    ['DuplicateHostPort', 'error'],
    ['ForwardingDisabled', 'error'],
    ['HostBecomesRouter', 'info'],
    ['HostPortTaken', 'error'],
    ['IccForIpOnly', 'info'],
    ['IccUnenforceable', 'warning'],
    ['LinkUndeliverable', 'warning'],
    ['LoopbackUnreachable', 'error'],
    ['NetworkInUse', 'warning'],
    ['OverlappingHostPort', 'warning'],
    ['RouteLocalnetDisabled', 'error'],
    ['SubnetOverlap', 'error'],
  ])('of %s, where it is certain, is %s', (kind, severity) => {
    const of = everyKind.filter((conflict) => conflict.kind === kind && conflict.certainty === 'certain')
    expect(of.length).toBeGreaterThan(0)
    for (const conflict of of) expect(conflict.severity).toBe(severity)
  })
})

describe('the words', () => {
  test('of a bridge name name the interface, whose it is, and the two ways out', () => {
    expect(bridgeNameTaken('web', 'br0', 'uplink')).toMatchObject({
      message:
        'The bridge of network web should be called br0, but an interface of that name is already there and is not ours (it is "uplink").',
      culprit: { tool: 'link', text: 'br0' },
      remedy: { commands: ['ip -d link show dev br0'] },
    })
    expect(bridgeNameTaken('web', 'br0', '').message).toMatch(/and is not ours\.$/)
  })

  test('of a remedy are those of the program that the user calls', () => {
    const [bridge, allow] = ['with "bridge"', 'allowed: [{}]']
    const removeNetwork = 'delete its containers'
    expect(bridgeNameTaken('web', 'br0', '', { bridge }).remedy.text).toBe(
      'Choose another name with "bridge".',
    )
    const overlapped = { overlaps: '10.0.0.0/8', kind: 'route', detail: 'route by wg0', owner: 'wg0' }
    expect(
      subnetOverlap('web', '10.1.0.0/16', [overlapped], false, { ...commandWording, allow, removeNetwork })
        .remedy.text,
    ).toContain('with allowed: [10.0.0.0/8] if the overlap is intended')
    // No command moves a network that is in no file.
    expect(
      subnetOverlap(
        'web',
        '10.1.0.0/16',
        [overlapped],
        true,
        { ...commandWording, allow, removeNetwork },
        true,
      ).remedy,
    ).toEqual({
      text: 'Give it a free subnet: delete its containers, and make it again. Or use the range anyway with allowed: [10.0.0.0/8] if the overlap is intended.',
      commands: [],
    })
    const exhausted = new PoolExhaustedError('web', ['classic'], [], null, {
      ...commandWording,
      pool: '"pool": "{}"',
    })
    expect(exhausted.message).toContain('Name another pool ("pool": "docker", or for good')
  })

  test('of ::1 say why it cannot be', () => {
    expect(loopbackUnreachable('shop', onLoopback).message).toBe(
      '[::1]:8080/tcp -> nginx:80 is bound to ::1, which cannot be translated off the host: IPv6 has no route_localnet.',
    )
  })

  test('of a subnet name both prefixes and the way to allow it', () => {
    const detail = 'route 10.0.0.0/8 via wg0'
    const other = { overlaps: '10.0.0.0/8', kind: 'route', detail, owner: 'wireguard' }
    const conflict = subnetOverlap('web', '10.1.0.0/16', [other])
    expect(conflict.message).toContain(
      'The subnet 10.1.0.0/16 of network web overlaps 10.0.0.0/8: route 10.0.0.0/8 via wg0.',
    )
    expect(conflict.remedy.text).toContain('--allow 10.0.0.0/8')
    expect(conflict.culprit).toMatchObject({ tool: 'route', text: detail, owner: 'wireguard' })
  })

  test('of a subnet offer to allow only what is free once it is allowed', () => {
    const one = (kind: string) => ({ overlaps: '10.0.0.0/8', kind, detail: kind, owner: null })
    const remedy = (kinds: readonly string[], isHeld = false): string =>
      subnetOverlap('web', '10.1.0.0/16', kinds.map(one), isHeld).remedy.text
    expect(remedy(['lease', 'route'])).toBe(
      'Leave the subnet out to have a free one picked (with `portolan move web` where it is up: a network keeps its subnet until then) or choose another.',
    )
    expect(remedy(['lease'], true)).not.toContain('Or ')
    expect(remedy(['route', 'reserved'])).toContain(
      'choose another, or use the range anyway with --allow 10.0.0.0/8 and stop reserving 10.0.0.0/8 if the overlap is intended.',
    )
    expect(remedy(['reserved'], true)).toContain('Or stop reserving 10.0.0.0/8 if the overlap is intended.')
  })

  test('of a subnet that is named in a block of another host say where to name another one', () => {
    const taken = { overlaps: '10.64.1.0/24', kind: 'cluster', detail: 'block 10.64.1.0/24', owner: 'h2' }
    const named = subnetOverlap('web', '10.64.1.0/25', [taken]).remedy
    // To leave it out alone changes nothing: a network that is up keeps what it has.
    expect(named).toEqual({
      text: 'Where the file names the subnet, name another one there, or leave it out and move the network, which gives it one in a block of this host. `portolan subnet` proposes one there.',
      commands: ['portolan subnet', 'portolan move web'],
    })
    // The present subnet alone does not show whether the file names it.
    const held = { cluster: 'lab', pools: null, blocks: [], join: '' }
    const blocks = { ...held, lost: [{ block: '10.64.1.0/24', takenBy: 'h2' }] }
    const here = (isLive: boolean) =>
      findLostBlock({ network: 'web', subnet: '10.64.1.0/25' }, blocks, isLive)?.remedy
    expect(here(false)).toEqual({
      text: expect.stringMatching(
        /^Move the network: `portolan move web`.* never moves by itself\. Where the/,
      ),
      commands: ['portolan move web'],
    })
    expect(here(false)?.text).toContain(named.text)
    const way = 'name another one, or leave it out to have one picked in a block of this host.'
    expect(here(true)?.text).toContain(way)
    expect(here(true)?.text).not.toContain('portolan subnet')
    // A host that has left the cluster has no block there, and a move gives it none.
    const left = findLostBlock({ network: 'web', subnet: '10.64.1.0/25' }, { ...blocks, left: true }, false)
    expect(left?.remedy.text).toContain('move the network, which gives it one outside the cluster.')
    // The commands as they must be written.
    const ofShop = commandWordingAs((command) => command.replace(/^portolan \w+/, '$& -f shop.yaml'))
    expect(findLostBlock({ network: 'web', subnet: '10.64.1.0/25' }, blocks, false, ofShop)?.remedy).toEqual({
      text: expect.stringMatching(
        /`portolan move -f shop.yaml web`.*`portolan subnet -f shop.yaml` proposes/,
      ),
      commands: ['portolan move -f shop.yaml web'],
    })
    // The program that holds the network has its own words for the remedy.
    const words = { ...commandWording, remakeNetwork: 'Run `docker network rm`.' }
    const told = findLostBlock({ network: 'web', subnet: '10.64.1.0/25' }, blocks, true, words)?.remedy.text
    expect(told).toMatch(/^Run `docker network rm`\. It gets a subnet in a block of this host then\./)
    const ofAPlugin = { ...commandWording, subnets: null, move: null }
    for (const [wording, isLive] of [
      [ofAPlugin, false],
      [{ ...commandWording, subnets: null }, true],
    ] as const)
      expect(subnetOverlap('web', '10.64.1.0/25', [taken], false, wording, isLive).remedy).toEqual({
        text: `Where the subnet is named, ${way}`,
        commands: [],
      })
  })

  test('of two on one socket name the winner and its project', () => {
    expect(
      duplicateHostPort('shop', mapping({ label: loser }), winner, '0.0.0.0:8080/tcp', 'another-project'),
    ).toMatchObject({
      mapping: loser,
      culprit: { tool: 'portolan', text: winner.label, owner: 'blog' },
    })
  })
})

test('weights are no remedy between projects, which cannot share a port', () => {
  const remedy = (how: 'another-project' | 'another-target'): string =>
    duplicateHostPort('shop', mapping({ label: loser }), winner, '0.0.0.0:8080/tcp', how).remedy.text
  expect(remedy('another-project')).not.toContain('x-portolan')
  expect(remedy('another-target')).toContain('x-portolan: {weight: 1}')
})
