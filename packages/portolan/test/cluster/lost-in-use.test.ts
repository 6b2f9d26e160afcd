import { expect, test } from '@jest/globals'
import { acquireSubnet, type ClusterHost, emptyLeases } from '@portolan/core'
import { lostInUse, lostInUseTexts } from '../../src/command/cluster/lost-in-use.ts'
import { waysOf } from '../../src/command/cluster/ways-out.ts'

const block = '10.64.1.0/24'
const lost = {
  ...{ block, holder: 'host h2', isUnread: false, isOfNoPool: false },
  ...{ networks: ['shop/web'], leased: 1, isRemembered: false },
}
const ways = waysOf(new Set(), new Set(['shop']))

test('a block that was lost is told with the host that has it, what comes of that, and the way out', () => {
  const [moved] = lostInUseTexts([lost], true, 'JOIN', ways)
  expect(moved).toMatch(
    /^block 10\.64\.1\.0\/24 no longer belongs to this host: host h2 has it now\. Networks of this host are in it: shop\/web\. Both hosts may use the same addresses\. Give it another subnet: `portolan move -p shop web`\. .* This is told until they have moved\.$/,
  )
  expect(lostInUseTexts([lost], false, 'JOIN', ways)[0]).toMatch(
    / Both hosts may use the same addresses\. Claim another block: `JOIN`, which says what has to move\.$/,
  )
})

test('one that no host has is to be got back first', () => {
  expect(lostInUseTexts([{ ...lost, holder: null, isRemembered: true }], true, 'JOIN', ways)).toEqual([
    `block ${block} no longer belongs to this host: no host has it now. Networks of this host are in it: shop/web. A host that claims it uses the same addresses. \`JOIN\` gets it back, or claims another one where a host has it by then, and says what has to move.`,
  ])
})

test('one that no pool has any more, or whose key cannot be read, is not said to be got back', () => {
  const gone = { ...lost, holder: null, isRemembered: true }
  expect(lostInUseTexts([{ ...gone, isOfNoPool: true }], true, 'JOIN', ways)).toEqual([
    `block ${block} no longer belongs to this host: no host has it now. Networks of this host are in it: shop/web. Claim another block: \`JOIN\`, which says what has to move.`,
  ])
  expect(lostInUseTexts([{ ...gone, isUnread: true }], true, 'JOIN', ways)).toEqual([
    `it is not known whether block ${block} still belongs to this host: its key in etcd cannot be read. Networks of this host are in it: shop/web. Repair that key first: its own message says how.`,
  ])
})

test('one without networks is told as long as something is leased there, or is not known', () => {
  const unused = { ...lost, networks: [] }
  expect(
    lostInUseTexts([unused, { ...unused, leased: 3 }, { ...unused, leased: 0 }], true, 'JOIN', ways),
  ).toEqual([
    `block ${block} no longer belongs to this host: host h2 has it now. An address there is leased here. This is told until nothing is leased there.`,
    `block ${block} no longer belongs to this host: host h2 has it now. 3 addresses there are leased here. This is told until nothing is leased there.`,
    `block ${block} no longer belongs to this host: host h2 has it now. Leases or interfaces of this host could not be read, so it is not known whether a network is in it. This is told until they can be.`,
  ])
})

test('a machine of this host’s own name that has the block is told as another one', () => {
  const lease = { project: 'shop', network: 'web', family: 'ip', movedFrom: null, kind: 'subnet' } as const
  const leases = acquireSubnet(emptyLeases, { ...lease, subnet: block, gateway: '10.64.1.1' }).state
  const held = { block, host: 'h1', incarnation: 'b2', nonce: 'n1', state: 'held', revision: 7 } as const
  const hosts: readonly ClusterHost[] = [{ host: 'h1', alive: true, blocks: [held], addresses: null }]
  const pools = [{ pool: '10.64.0.0/22:24', blocks: 4n, held: 1, released: 0, expired: 0 }]
  const member = { host: 'h1', incarnation: 'a1', blocks: [{ block, revision: 3 }], lost: [] }
  const witnesses = { leases, facts: { interfaces: [], routes: [] } }
  expect(lostInUse({ hosts, pools }, member, witnesses, [])).toMatchObject([
    { block, holder: 'another machine named h1', networks: ['shop/web'], isRemembered: true },
  ])
  expect(lostInUse({ hosts: [], pools }, member, witnesses, [])).toMatchObject([
    { block, holder: null, isUnread: false, isOfNoPool: false },
  ])
  expect(lostInUse({ hosts: [], pools: [] }, member, witnesses, [block])).toMatchObject([
    { block, holder: null, isUnread: true, isOfNoPool: true },
  ])
})
