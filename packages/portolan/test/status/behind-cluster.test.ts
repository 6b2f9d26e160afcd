import { expect, test } from '@jest/globals'
import type { ClusterNeighbours, Conflict, Culprit, DesiredState } from '@portolan/core'
import { behindCluster, behindText } from '../../src/status/behind-cluster.ts'

const route = { destination: '10.64.2.0/24', via: '192.0.2.12', interface: 'eth0' }
const shop = (more: Partial<DesiredState> = {}): DesiredState => ({
  ...{ project: 'shop', endpoints: [], mappings: [], guardForwarding: false, routes: [route] },
  networks: [
    {
      ...{ name: 'web', bridge: 'br-web', external: false, internal: false, icc: true, mtu: null },
      ip: { subnet: '10.64.1.0/24', gateway: '10.64.1.1', mode: 'nat', masquerade: true },
      ip6: null,
    },
  ],
  ...more,
})
const neighbours: ClusterNeighbours = {
  ...{ cluster: 'lab', host: 'h1', revision: 7, blocks: ['10.64.1.0/24'] },
  others: [{ block: '10.64.2.0/24', host: 'h2', via: '192.0.2.12' }],
}
const own = (destination: string) => ({
  ...{ destination, gateway: '192.0.2.12', interface: 'eth0', table: 254, protocol: 'portolan' },
})
const rewritten = (
  destination: string,
  culprit: Culprit | null = null,
  kind: 'SourceRewritten' | 'MasqueradeMissing' = 'SourceRewritten',
): Conflict => ({
  ...{ kind, severity: 'error', certainty: 'certain', mapping: null, network: 'web' },
  ...{ published: null, message: '', culprit, trace: [], remedy: { text: '', commands: [] } },
  witness: { family: 'ip', in: 'br-web', source: '10.64.1.10', destination, protocol: 'tcp' },
})
const foreign: Culprit = {
  ...{ tool: 'nft', text: 'masquerade', table: 'nat', family: null, chain: 'post', position: 1 },
  ...{ handle: null, owner: null, counters: null },
}
const found = (destinations: readonly string[], conflicts: readonly Conflict[], state = shop()) =>
  behindCluster('shop', state, conflicts, { facts: { routes: destinations.map(own) }, neighbours })

test('a project is as the cluster is where its routes are, and nothing of ours is missing', () => {
  const blamed = [rewritten('10.64.2.7', foreign), rewritten('198.51.100.7')]
  expect(found(['10.64.2.0/24'], blamed)).toBeNull()
  expect(behindCluster('shop', shop(), [], { facts: { routes: [] } })).toBeNull()
})

test('it is behind where a route is missing or left, or rules of before rewrite what goes to a block', () => {
  expect(found([], [])).toMatchObject({ routes: ['10.64.2.0/24'], conflicts: [] })
  const left = rewritten('10.64.3.7')
  expect(found(['10.64.2.0/24', '10.64.3.0/24'], [left])).toMatchObject({
    routes: ['10.64.3.0/24'],
    conflicts: [left],
  })
  const stale = rewritten('10.64.2.7')
  expect(found(['10.64.2.0/24'], [stale, rewritten('10.64.2.7', foreign)])).toMatchObject({
    routes: [],
    conflicts: [stale],
  })
})

test.each([
  ['whose host left', { ...neighbours, pools: ['10.64.0.0/20:24'], others: [] }],
  ['of which this host has no block any more', { ...neighbours, pools: ['10.64.0.0/20:24'], blocks: [] }],
  [
    'of a cluster that this host left for another one',
    { ...neighbours, ...{ pools: ['10.80.0.0/20:24'], former: ['10.64.0.0/20:24'] }, blocks: [], others: [] },
  ],
])('rules of before that leave a block as it is %s are ours to bring', (_, now) => {
  const unmasked = rewritten('10.64.9.7', null, 'MasqueradeMissing')
  const state = shop({ routes: [] })
  const all = [unmasked, rewritten('10.64.9.7', foreign, 'MasqueradeMissing'), rewritten('198.51.100.7')]
  expect(behindCluster('shop', state, all, { facts: {}, neighbours: now })).toEqual({
    ...{ project: 'shop', routes: [], conflicts: [unmasked] },
  })
})

test('one outside the blocks of the host has no part in it', () => {
  expect(found([], [], shop({ networks: [] }))).toBeNull()
})

test('the sentence has the command as it is written', () => {
  const behind = { project: 'shop', routes: ['10.64.3.0/24'], conflicts: [] }
  expect(behindText(behind, (command) => `${command} -f FILE`)).toMatch(
    /^Project shop .*10\.64\.3\.0\/24.*`portolan apply -f FILE`/,
  )
})
