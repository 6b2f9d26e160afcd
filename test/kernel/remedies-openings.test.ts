import { expect, test } from '@jest/globals'
import type { Backend } from '../lab/backend.ts'
import { describeOnKernel } from '../lab/gate.ts'
import type { Lab } from '../lab/lab.ts'
import { workerLabs } from '../lab/worker-labs.ts'
import { containersBehind, openOpenedShop, ways } from './remedies/opened.ts'

const labs = workerLabs()

type Family = 'ip' | 'ip6'

const programOf = (tool: string, family: Family): string =>
  family === 'ip' ? tool : tool.replace('iptables', 'ip6tables')

type Obstacle = (lab: Lab, family: Family) => Promise<unknown>

/** Docker 28's way to block other machines from its containers' addresses: one rule for each address. */
const inRaw =
  (tool: string): Obstacle =>
  (lab, family) => {
    const rules = containersBehind(family).map(
      ([bridge, address]) => `-A PREROUTING -d ${address} ! -i ${bridge} -j DROP\n`,
    )
    return lab.host.mustRun([`${programOf(tool, family)}-restore`], {
      input: `*raw\n:PREROUTING ACCEPT\n${rules.join('')}COMMIT\n`,
    })
  }

const byPolicy =
  (tool: string): Obstacle =>
  (lab, family) =>
    lab.host.mustRun([programOf(tool, family), '-P', 'FORWARD', 'DROP'])

const early: Obstacle = (lab, family) => {
  const rules = containersBehind(family).map(
    ([bridge, address]) => `${family} daddr ${address} iifname != "${bridge}" drop; `,
  )
  return lab.host.mustRun([
    'nft',
    `table inet guard { chain early { type filter hook prerouting priority -300; ${rules.join('')}}; }`,
  ])
}

const chain: Obstacle = (lab, family) =>
  lab.host.mustRun([
    'nft',
    `table ${family} guard { chain forward { type filter hook forward priority 0; policy drop; }; }`,
  ])

const cases: readonly (readonly [name: string, Backend, Family, Obstacle])[] = [
  ['drops in table raw of iptables-nft', 'nftables', 'ip6', inRaw('iptables-nft')],
  ['drops in table raw of iptables-nft', 'iptables-nft', 'ip', inRaw('iptables-nft')],
  ['drops in table raw of iptables-nft', 'iptables-legacy', 'ip', inRaw('iptables-nft')],
  ['drops in table raw of iptables-legacy', 'nftables', 'ip', inRaw('iptables-legacy')],
  ['drops of nft before connection tracking', 'iptables-nft', 'ip6', early],
  ['the policy of FORWARD of iptables-nft', 'nftables', 'ip', byPolicy('iptables-nft')],
  ['the policy of FORWARD of iptables-nft', 'iptables-legacy', 'ip6', byPolicy('iptables-nft')],
  ['the policy of a chain of nft', 'nftables', 'ip6', chain],
]

describeOnKernel('remedies for what links and reachable_from open', 'iptables-legacy', () => {
  test.each(cases)('open just that: %s, with %s in %s', async (_, backend, family, put) => {
    await using lab = await labs.open()
    for (const name of ['net.ipv4.ip_forward', 'net.ipv6.conf.all.forwarding'])
      await lab.host.setSysctl(name, 1)
    await put(lab, family)
    const shop = await openOpenedShop(lab, backend)
    expect(await shop.carryOutRemedies()).not.toEqual([])
    expect(await shop.apply()).toBe(0)
    expect(await shop.conflicts()).toEqual([])
    expect(await shop.reached(family)).toEqual(ways)
  })
})
