import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, test } from '@jest/globals'
import { attach, type PlanJson } from '../lab/attach.ts'
import { type Backend, backends } from '../lab/backend.ts'
import { describeOnKernel } from '../lab/gate.ts'
import type { Lab } from '../lab/lab.ts'
import { addresses } from '../lab/topology.ts'
import { workerLabs } from '../lab/worker-labs.ts'
import { mustSucceed, type Pilot, pilotOf } from './lifecycle/pilot.ts'

const noBatches = fileURLToPath(new URL('../lab/no-batches.mjs', import.meta.url))

const client = `${addresses.ip.client}/32`
const neighbour = `${addresses.ip.neighbour}/32`

/** The services on the ports from 8001 on, and the sources that may reach each; null: every source. */
type Ports = readonly (readonly [service: 'web' | 'db', allowFrom: readonly string[] | null])[]

const before: Ports = [
  ['db', [client]],
  ['web', null],
  ['web', [client]],
  ['web', [client]],
  ['db', [client, neighbour]],
  ['db', [client]],
]
const after: Ports = [
  ['web', null],
  ['db', [client]],
  ['web', [neighbour]],
  ['web', [client, '203.0.113.0/24']],
  ['db', [client]],
  ['web', [neighbour]],
]

/** In both versions network `quiet` is internal, and holds the service `vault`. */
const compose = (ports: Ports): string => `name: shop
networks:
  net: {}
  quiet: {internal: true}
services:
${(['web', 'db'] as const)
  .map((service) => {
    const own = ports.flatMap(([name, allow], index) =>
      name === service
        ? [
            `{target: 80, published: ${8001 + index}${allow === null ? '' : `, x-portolan: {allow_from: [${allow.join(', ')}]}`}}`,
          ]
        : [],
    )
    return `  ${service}: {networks: [net], ports: [${own.join(', ')}]}`
  })
  .join('\n')}
  vault: {networks: [quiet]}
`

const labs = workerLabs()
const labsOfLegacy = workerLabs({ tablesStay: true })
const opened: Lab[] = []
afterEach(async () => {
  await Promise.all(opened.splice(0).map((lab) => lab[Symbol.asyncDispose]()))
})

interface Scene {
  readonly lab: Lab
  readonly pilot: Pilot
  readonly plan: PlanJson
  /** The open flows, as lines: `neighbour 8001 db`. */
  readonly open: () => Promise<ReadonlySet<string>>
}

/** A host on which `before` is applied, with containers that answer. */
const setScene = async (backend: Backend): Promise<Scene> => {
  const lab = await (backend === 'iptables-legacy' ? labsOfLegacy : labs).open()
  opened.push(lab)
  const pilot = pilotOf(lab, backend)
  const plan = await pilot.applied(compose(before))
  const containers = await Promise.all(['web', 'db', 'vault'].map((service) => attach(lab, plan, service)))
  await lab.outside.listen({ protocol: 'tcp', port: 7000 })
  const flows = [
    ...([lab.client, lab.neighbour] as const).flatMap((machine) =>
      before.map((_, index) => ({ machine, destination: addresses.ip.host, port: 8001 + index })),
    ),
    ...containers.map(({ address }) => ({ machine: lab.neighbour, destination: address ?? '', port: 80 })),
    ...containers.map((machine) => ({ machine, destination: addresses.ip.outside, port: 7000 })),
  ]
  const open = async (): Promise<ReadonlySet<string>> => {
    const found = await Promise.all(
      flows.map(async ({ machine, ...to }) => {
        const outcome = await machine.probe({ protocol: 'tcp', ...to, timeoutMs: 700 })
        const by = outcome.delivered ? outcome.by : null
        return by === null ? [] : [`${machine.name} ${to.port} ${by}`]
      }),
    )
    return new Set(found.flat())
  }
  return { lab, pilot, plan, open }
}

const flowsOutside = (
  open: ReadonlySet<string>,
  ...allowed: readonly ReadonlySet<string>[]
): readonly string[] => [...open].filter((flow) => !allowed.some((set) => set.has(flow)))

const print = async ({ pilot }: Scene, ports: Ports, format: string): Promise<string> =>
  mustSucceed('script', await pilot.run('script', compose(ports), '--format', format)).stdout

/** The text up to each of its line ends, except the last one. */
const linePrefixes = (text: string): readonly string[] => {
  const lines = text.split('\n')
  return lines.slice(1, -1).map((_, index) => `${lines.slice(0, index + 1).join('\n')}\n`)
}

/** Prefixes that end within a line, spread evenly over the text after `from`. */
const bytePrefixes = (text: string, from: number, count: number): readonly string[] =>
  Array.from({ length: count }, (_, index) =>
    text.slice(0, from + Math.floor(((text.length - 1 - from) * (index + 0.5)) / count)),
  )

describeOnKernel('a printed nft script that is cut off', 'nftables', () => {
  test('nft refuses each cut part of the text, and the rules stay as they were', async () => {
    const scene = await setScene('nftables')
    const text = await print(scene, after, 'nft')
    const first = text.indexOf('table inet portolan {')
    const prefixes = [
      ...linePrefixes(text),
      ...bytePrefixes(text, first + 'table inet portolan {'.length, 60),
    ]
    const rules = await scene.lab.host.mustRun(['nft', 'list', 'ruleset'])
    for (const prefix of prefixes) {
      const { exitCode } = await scene.lab.host.run(['nft', '-f', '-'], { input: prefix })
      // A prefix with comments only changes nothing, and is accepted.
      if (prefix.replace(/^#.*$/gm, '').trim() !== '')
        expect([prefix.slice(-80), exitCode]).toEqual([prefix.slice(-80), 1])
    }
    expect(await scene.lab.host.mustRun(['nft', 'list', 'ruleset'])).toBe(rules)
  })

  test('nft refuses each cut part of the JSON, and the rules stay as they were', async () => {
    const scene = await setScene('nftables')
    const text = await print(scene, after, 'nft-json')
    const rules = await scene.lab.host.mustRun(['nft', 'list', 'ruleset'])
    for (const prefix of [...linePrefixes(text), ...bytePrefixes(text, 0, 60)].filter(
      (one) => !one.endsWith(']}'),
    ))
      expect((await scene.lab.host.run(['nft', '-j', '-f', '-'], { input: prefix })).exitCode).toBe(1)
    expect(await scene.lab.host.mustRun(['nft', 'list', 'ruleset'])).toBe(rules)
  })
})

describeOnKernel('the text that apply gives nft, cut off at the end of a line', 'nftables', () => {
  test('an accepted part opens no flow that is closed both by the old rules and by the new ones', async () => {
    const scene = await setScene('nftables')
    const { host } = scene.lab
    // An nft program that stores its input and refuses it.
    await host.mustRun(['mkdir', '-p', '/run/lab/bin'])
    const trap = '#!/bin/sh\ncase "$1" in -f) cat > /run/lab/given; exit 1;; esac\nexec /usr/sbin/nft "$@"\n'
    await host.writeText('/run/lab/bin/nft', trap)
    await host.mustRun(['chmod', '755', '/run/lab/bin/nft'])
    const file = await scene.lab.write('compose.yaml', compose(after))
    await scene.lab.portolan(scene.pilot.argv('apply', file, '--yes'), {
      environment: { PATH: `/run/lab/bin:${process.env.PATH}`, NODE_OPTIONS: `--import=${noBatches}` },
    })
    const text = await host.readText('/run/lab/given')
    expect(text).toMatch(/^flush chain .*; add rule /m)
    const old = `flush ruleset\n${await host.mustRun(['nft', 'list', 'ruleset'])}`
    const load = (input: string) => host.run(['nft', '-f', '-'], { input })
    const openBefore = await scene.open()
    expect((await load(text)).exitCode).toBe(0)
    const openAfter = await scene.open()
    expect(flowsOutside(openAfter, openBefore)).not.toEqual([])

    let accepted = 0
    for (const prefix of linePrefixes(text)) {
      expect((await load(old)).exitCode).toBe(0)
      if ((await load(prefix)).exitCode !== 0) continue
      accepted += 1
      const opened = flowsOutside(await scene.open(), openBefore, openAfter)
      expect([prefix.slice(-60), opened]).toEqual([prefix.slice(-60), []])
    }
    expect(accepted).toBeGreaterThan(2)
  })
})

describe.each(['iptables-nft', 'iptables-legacy'] as const)(
  'the text that apply gives %s-restore',
  (backend) => {
    describeOnKernel('cut off after a table', backend, () => {
      test('an accepted part opens no flow that is closed both by the old rules and by the new ones', async () => {
        const scene = await setScene(backend)
        const { host } = scene.lab
        const program = `${backend}-restore`
        await host.mustRun(['mkdir', '-p', '/run/lab/bin'])
        const trap = `#!/bin/sh\ncat > /run/lab/given; [ "$(wc -l < /run/lab/given)" -lt 3 ] || exit 1\n`
        await host.writeText(`/run/lab/bin/${program}`, trap)
        await host.mustRun(['chmod', '755', `/run/lab/bin/${program}`])
        const file = await scene.lab.write('compose.yaml', compose(after))
        await scene.lab.portolan(scene.pilot.argv('apply', file, '--yes'), {
          environment: { PATH: `/run/lab/bin:${process.env.PATH}` },
        })
        const text = await host.readText('/run/lab/given')
        const old = await host.mustRun([`${backend}-save`])
        const openBefore = await scene.open()
        const load = async (input: string) =>
          host.run([program, ...(input === old ? [] : ['--noflush'])], { input })
        expect(await load(text)).toMatchObject({ exitCode: 0 })
        const openAfter = await scene.open()
        expect(flowsOutside(openAfter, openBefore)).not.toEqual([])
        const cuts = linePrefixes(text).filter((prefix) => prefix.endsWith('COMMIT\n'))
        expect(cuts.length).toBeGreaterThan(1)
        for (const prefix of cuts) {
          expect(await load(old)).toMatchObject({ exitCode: 0 })
          await load(prefix)
          const opened = flowsOutside(await scene.open(), openBefore, openAfter)
          expect([prefix.slice(-60), opened]).toEqual([prefix.slice(-60), []])
        }
      })
    })
  },
)

describe.each(['iptables-nft', 'iptables-legacy'] as const)('of %s', (backend) => {
  describeOnKernel('a script that is cut', backend, () => {
    test('the loaded part opens no flow that is closed both by the old rules and by the new ones', async () => {
      const scene = await setScene(backend)
      const [old, text] = [
        await print(scene, before, 'iptables-restore'),
        await print(scene, after, 'iptables-restore'),
      ]
      const program = `${backend}-restore`
      const load = (input: string) => scene.lab.host.run([program, '--noflush'], { input })
      const openBefore = await scene.open()
      expect(openBefore.size).toBeGreaterThan(5)
      await load(text)
      const openAfter = await scene.open()
      expect(flowsOutside(openAfter, openBefore)).not.toEqual([])

      const cuts = linePrefixes(text).filter((prefix) => /COMMIT\n(?:.*\n)?$/.test(prefix))
      expect(cuts.length).toBeGreaterThan(3)
      for (const prefix of [...cuts, ...bytePrefixes(text, 0, 6)]) {
        await load(old)
        await load(prefix)
        expect([prefix.slice(-60), flowsOutside(await scene.open(), openBefore, openAfter)]).toEqual([
          prefix.slice(-60),
          [],
        ])
      }
    })
  })
})

describe.each(backends)('a shell script of %s', (backend) => {
  describeOnKernel('that is cut off', backend, () => {
    test('starts no program', async () => {
      const scene = await setScene(backend)
      const text = await print(scene, after, 'sh')
      // If the shell ran this, it would make a file for each program that it starts.
      const trap = 'PATH=/run/lab/trap; export PATH\n'
      for (const name of [
        'nft',
        'ip',
        'bridge',
        ...['iptables', 'ip6tables'].flatMap((one) => [
          `${backend.replace('iptables', one)}`,
          `${backend.replace('iptables', one)}-restore`,
        ]),
      ])
        await scene.lab.host.mustRun([
          'sh',
          '-c',
          `mkdir -p /run/lab/trap && printf '#!/bin/sh\\n: > /run/lab/ran\\n' > /run/lab/trap/${name} && chmod +x /run/lab/trap/${name}`,
        ])
      const ran = async (input: string): Promise<boolean> => {
        await scene.lab.host.run(['sh'], { input: trap + input })
        return (await scene.lab.host.run(['rm', '/run/lab/ran'])).exitCode === 0
      }
      for (const prefix of [...linePrefixes(text).slice(0, -1), ...bytePrefixes(text.slice(0, -3), 0, 40)])
        expect([prefix.slice(-60), await ran(prefix)]).toEqual([prefix.slice(-60), false])
      expect(await ran(text)).toBe(true)
    })
  })
})
