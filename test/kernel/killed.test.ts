import { fileURLToPath } from 'node:url'
import { expect, test } from '@jest/globals'
import type { KeptSysctl } from '@portolan/core'
import { fromJson } from '../from-json.ts'
import type { Backend } from '../lab/backend.ts'
import { describeOnKernel } from '../lab/gate.ts'
import type { Lab } from '../lab/lab.ts'
import { workerLabs } from '../lab/worker-labs.ts'
import { mustSucceed, pilotOf } from './lifecycle/pilot.ts'

const labs = workerLabs()

const preload = fileURLToPath(new URL('../lab/kill-before.mjs', import.meta.url))

const shopAlone = `name: shop
networks:
  web: { enable_ipv6: true }
services:
  nginx: { networks: [web], ports: ['8080:80', '8080:80/udp'] }
`

/** The project has a port on a foreign bridge. Its hairpin mode must be restored too. */
const shopOnForeignBridge = `name: shop
networks:
  web: { enable_ipv6: true }
  lan: { external: true, name: br-lan, ipam: { config: [{ subnet: 172.30.9.0/24, gateway: 172.30.9.1 }] } }
services:
  nginx: { networks: [web], ports: ['8080:80', '8080:80/udp'] }
  legacy: { networks: { lan: { ipv4_address: 172.30.9.7 } }, ports: ['8081:81'] }
`

const mostSteps = 60

/**
 * A run kills before every third step of a command. The seed decides where it begins. So three consecutive seeds cover
 * every step, as does one run with PORTOLAN_KILL_STEPS=all.
 */
const stride = process.env.PORTOLAN_KILL_STEPS === 'all' ? 1 : 3
const firstStep = 1 + ((Number(process.env.PORTOLAN_SEED) >>> 0) % stride)

/** What destroy restores, as lines: rules, bridges, sysctls, the foreign port's hairpin mode, and no notes. */
const hostLines = async ({ host }: Lab): Promise<readonly string[]> => {
  const text = async (...argv: string[]): Promise<string> => (await host.run(argv)).stdout
  const [rules, sysctls, links, ports, notes] = await Promise.all([
    text('nft', '-s', 'list', 'ruleset'),
    text('sysctl', '-a', '--pattern', '^net\\.(ipv4\\.ip_forward|ipv[46]\\.conf)'),
    text('ip', '-j', 'link'),
    text('bridge', '-j', '-d', 'link'),
    text('sh', '-c', 'cd /run/lab/state && ls state-*.json'),
  ])
  return [
    ...rules.split('\n'),
    ...sysctls.split('\n').filter((line) => !line.includes('stable_secret')),
    ...(links.match(/"ifname":"[^"]+"/g) ?? []),
    ...(ports.match(/"ifname":"[^"]+"|"hairpin":\w+/g) ?? []),
    `notes ${notes}`,
  ]
}

const difference = (before: readonly string[], after: readonly string[]): readonly string[] => [
  ...before.filter((line) => !after.includes(line)).map((line) => `- ${line}`),
  ...after.filter((line) => !before.includes(line)).map((line) => `+ ${line}`),
]

const dockerRules = `*filter
:INPUT ACCEPT [0:0]
:FORWARD DROP [0:0]
:OUTPUT ACCEPT [0:0]
:DOCKER-USER - [0:0]
-A FORWARD -j DOCKER-USER
-A DOCKER-USER -j RETURN
COMMIT
`

/** A host with Docker's policy, and with settings that the kernel overwrites when forwarding is turned on. */
const prepareHost = async ({ host }: Lab): Promise<void> => {
  await host.mustRun(['iptables-nft-restore'], { input: dockerRules })
  await host.setSysctl('net.ipv4.conf.all.accept_redirects', 0)
  await host.setSysctl('net.ipv4.conf.eth1.forwarding', 1)
  await host.setSysctl('net.ipv6.conf.eth1.forwarding', 1)
}

/** A foreign bridge. It may depend on IPv4 forwarding, so that stays on after destroy. */
const addForeignBridge = async ({ host }: Lab): Promise<void> => {
  await host.ip(
    'link add br-lan type bridge',
    'addr add 172.30.9.1/24 dev br-lan',
    'link set br-lan up',
    'link add lan-port type veth peer name lan-far',
    'link set lan-port master br-lan up',
    'link set lan-far up',
  )
}

interface KilledCommand {
  readonly backend: Backend
  readonly killed: 'apply' | 'destroy'
  readonly hasForeignBridge: boolean
  /** The commands that run after the killed one. */
  readonly after: readonly ('apply' | 'destroy')[]
}

const killedCommands: readonly KilledCommand[] = [
  { backend: 'nftables', killed: 'destroy', hasForeignBridge: false, after: ['destroy'] },
  { backend: 'iptables-nft', killed: 'destroy', hasForeignBridge: true, after: ['apply', 'destroy'] },
  { backend: 'iptables-nft', killed: 'apply', hasForeignBridge: true, after: ['destroy'] },
]

interface DestroyJson {
  readonly kept: readonly KeptSysctl[]
}

/** Runs the printed commands, which turn off what destroy has kept for a foreign bridge. */
const runKeptCommands = async ({ host }: Lab, stdout: string, hasForeignBridge: boolean): Promise<void> => {
  const { kept } = fromJson<DestroyJson>(stdout)
  const names = kept.map(({ name }) => name)
  expect(hasForeignBridge ? ['net.ipv4.ip_forward'] : []).toEqual(expect.arrayContaining(names))
  for (const { commands } of kept) for (const command of commands) await host.mustRun(command.split(' '))
}

/** Kills a command before its first step, then before later ones, until it runs to its end. */
const killAtEachStep = async ({ backend, killed, hasForeignBridge, after }: KilledCommand): Promise<void> => {
  await using lab = await labs.open()
  await prepareHost(lab)
  if (hasForeignBridge) await addForeignBridge(lab)
  const shop = hasForeignBridge ? shopOnForeignBridge : shopAlone
  const pilot = pilotOf(lab, backend)
  const destroyJson = ['--all', '--yes', '--json']
  const run = {
    apply: () => pilot.apply(shop, '--fix'),
    destroy: async () => {
      const { stdout } = mustSucceed('destroy', await pilot.run('destroy', null, ...destroyJson))
      await runKeptCommands(lab, stdout, hasForeignBridge)
    },
  } as const
  const file = await lab.write('compose.yaml', shop)
  const argv =
    killed === 'apply'
      ? pilot.argv('apply', file, '--yes', '--fix')
      : pilot.argv('destroy', null, ...destroyJson)
  const before = await hostLines(lab)
  let step = firstStep
  for (; step <= mostSteps; step += stride) {
    if (killed === 'destroy') await run.apply()
    const { exitCode, stdout, stderr } = await lab.host.run([...lab.command, ...argv], {
      environment: { NODE_OPTIONS: `--import=${preload}`, KILL_BEFORE: String(step) },
    })
    if (exitCode !== null && exitCode !== 0) throw new Error(stderr)
    if (killed === 'destroy' && exitCode === 0) await runKeptCommands(lab, stdout, hasForeignBridge)
    for (const next of after) await run[next]()
    expect({ step, changed: difference(before, await hostLines(lab)) }).toEqual({ step, changed: [] })
    if (exitCode === 0) break
  }
  // Rules, bridges, sysctls and notes. Fewer steps would mean that some are not counted.
  expect(step).toBeGreaterThan(10)
  expect(step).toBeLessThan(mostSteps)
}

for (const command of killedCommands)
  describeOnKernel(
    `${command.killed} that is killed before a step, ${command.backend}`,
    command.backend,
    () => {
      test(
        `leaves the host as before the first apply, once ${command.after.join(' and ')} ran to the end`,
        () => killAtEachStep(command),
        300_000,
      )
    },
  )
