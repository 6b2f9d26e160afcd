import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { fromJson } from '../from-json.ts'
import type { Lab } from '../lab/lab.ts'
import { describeBeside } from '../lab/neighbour/describe-beside.ts'
import { type Etcd, startEtcd } from '../lab/neighbour/etcd.ts'
import { workerLabs } from '../lab/worker-labs.ts'
import { pluginIn, sandboxOf } from './cni/plugin.ts'
import { mustSucceed, type Pilot, pilotOf } from './lifecycle/pilot.ts'

const url = 'etcd://127.0.0.1:2379/prod'
const preload = fileURLToPath(new URL('../lab/kill-before.mjs', import.meta.url))

const shop = `name: shop
networks: {web: {enable_ipv6: true}}
services:
  nginx: {networks: [web], ports: ["8080:80", "8080:80/udp"]}
`

/** As in killed.test.ts: three consecutive seeds cover every step. */
const stride = process.env.PORTOLAN_KILL_STEPS === 'all' ? 1 : 3
const seed = Number(process.env.PORTOLAN_SEED) >>> 0
const firstStep = 1 + (seed % stride)
const mostSteps = 40

/** The commands that run after a killed move. */
const followingCommands = [
  ['move', ['web', '--cluster', url, '--yes']],
  ['apply', ['--cluster', url, '--yes']],
  ['watch', ['--cluster', url, '--once']],
] as const

describeBeside('portolan move on a host of a cluster', ['etcd'], () => {
  let lab: Lab
  let etcd: Etcd
  let pilot: Pilot
  let blocks: readonly string[] = []

  beforeAll(async () => {
    lab = await workerLabs().open()
    etcd = await startEtcd(lab.host)
    pilot = pilotOf(lab, 'nftables', { state: null })
    const cluster = async (...words: readonly string[]) =>
      mustSucceed('cluster', await lab.portolan(['cluster', ...words, '--cluster', url, '--json'])).stdout
    await cluster('init', '--pool', '10.64.0.0/23:24', '--pool', 'fd00:64::/64:64')
    const joined = JSON.parse(await cluster('join', '--member', 'web-1'))
    blocks = joined.blocks.map(({ block }: { readonly block: string }) => block)
  })
  afterAll(async () => {
    await etcd?.[Symbol.asyncDispose]()
    await lab?.[Symbol.asyncDispose]()
  })

  const bridgeOf = async (): Promise<readonly string[]> => {
    const { stdout } = await lab.host.run(['ip', '-j', 'address', 'show', 'type', 'bridge'])
    const links =
      fromJson<
        readonly {
          readonly addr_info: readonly {
            readonly family: string
            readonly scope: string
            readonly local: string
          }[]
        }[]
      >(stdout)
    return links.flatMap(({ addr_info }) =>
      addr_info.flatMap(({ scope, local }) => (scope === 'global' ? [local] : [])),
    )
  }

  test('move without --cluster stays in the blocks of the host, and prints the command that claims another block', async () => {
    const planned = await pilot.applied(shop)
    const of4 = blocks.find((block) => block.startsWith('10.'))
    expect(planned.subnets.map(({ subnet }) => subnet)).toEqual([of4, 'fd00:64::/64'])
    const refused = await pilot.run('move', shop, 'web')
    expect(refused).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('Claim') })
    expect(refused.stderr).toContain(`\`portolan cluster join --cluster ${url} --count 2\``)
    // It says that IPv6 has no second block.
    await lab.portolan(['cluster', 'join', '--count', '2', '--cluster', url])
    const moved = mustSucceed('move', await pilot.run('move', shop, 'web', '--yes'))
    expect(moved.stdout).toContain('web keeps its IPv6 subnet fd00:64::/64: no other one is free')
    const bridge = await bridgeOf()
    expect(bridge).toEqual([expect.stringMatching(/^10\.64\.[01]\.1$/), 'fd00:64::1'])
    expect(bridge).not.toContain(of4?.replace('.0/24', '.1'))
  })

  test('a move that is killed before one of its steps is completed by the next command, or had not begun', async () => {
    const file = await lab.write('compose.yaml', shop)
    let step = firstStep
    let at = Math.floor(seed / stride)
    for (let isEnd = false; !isEnd && step <= mostSteps; step += stride, at += 1) {
      const before = await bridgeOf()
      const argv = pilot.argv('move', file, 'web', '--cluster', url, '--yes')
      const killed = await lab.host.run([...lab.command, ...argv], {
        environment: { NODE_OPTIONS: `--import=${preload}`, KILL_BEFORE: String(step) },
      })
      if (killed.exitCode !== null && killed.exitCode !== 0) throw new Error(killed.stderr)
      isEnd = killed.exitCode === 0
      const then = await bridgeOf()
      const [verb, words] = followingCommands[at % followingCommands.length] ?? followingCommands[0]
      const after = mustSucceed(verb, await pilot.run(verb, shop, ...words))
      const isTold = /web is on its way from \S+ to \S+: a move was cut off, and this finishes it/.test(
        after.stdout + after.stderr,
      )
      const now = await bridgeOf()
      const plan = await pilot.plan(shop, '--cluster', url)
      // A move takes its leases before its first step.
      expect({ step, isTold, changes: plan.changes, conflicts: plan.conflicts }).toEqual({
        ...{ step, isTold: !isEnd && then.join() === before.join(), changes: [], conflicts: [] },
      })
      expect(plan.subnets.map(({ gateway }) => gateway)).toEqual(now)
    }
    expect(step).toBeLessThan(mostSteps)
  })

  test('move picks an IPv6 subnet outside the cluster when the cluster has no IPv6 pool any more', async () => {
    const cluster = async (...words: readonly string[]) =>
      mustSucceed('cluster', await lab.portolan(['cluster', ...words, '--cluster', url]))
    await cluster('init', '--pool', '10.64.0.0/23:24', '--pool', '10.65.0.0/24:24')
    const joined = await cluster('join')
    const outside = 'Cluster prod has no IPv6 pool any more, so an IPv6 subnet is picked outside the cluster'
    expect(joined.stderr).toContain(outside)
    for (const verb of ['plan', 'status'] as const) {
      const { stdout, stderr } = await pilot.run(verb, shop)
      expect(`${stdout}${stderr}`.replaceAll(/\s+/g, ' ')).toContain(outside)
    }
    const [four] = await bridgeOf()
    const moved = mustSucceed('move', await pilot.run('move', shop, 'web', '--yes'))
    expect(moved.stdout).toContain('its IPv6 address anew, as shown, and keeps its IPv4 address.')
    const bridge = await bridgeOf()
    expect(bridge).toEqual([four, expect.stringMatching(/^fd/)])
    expect(bridge).not.toContain('fd00:64::1')
    const joinedAgain = await cluster('join')
    expect(joinedAgain.stdout).toContain('fd00:64::/64 released: no pool has it')
    expect(joinedAgain.stderr).not.toContain('portolan move')
    expect(await pilot.plan(shop)).toMatchObject({ changes: [], conflicts: [], notes: [] })
  })

  test('the CNI plugin stays in the blocks of the host too where no cluster is named', async () => {
    await lab.host.ip('link add spare type bridge', 'link set spare up')
    const pod = lab.use(await lab.container({ name: 'pod', bridge: 'spare' }))
    const { call, config } = pluginIn(lab, 'nftables')
    const sandbox = { ...sandboxOf(pod), interface: 'net1' }
    const added = await call('ADD', sandbox, config({ ipv6: false }))
    expect(added).toMatchObject({ exitCode: 0, stderr: '' })
    expect(JSON.parse(added.stdout).ips[0].address).toMatch(/^10\.64\.[01]\./)
    const full = await call('ADD', { ...sandbox, interface: 'net2' }, config({ ipv6: false, name: 'more' }))
    expect(full.stdout).toContain(`portolan cluster join --cluster ${url} --count 3`)
  })
})
