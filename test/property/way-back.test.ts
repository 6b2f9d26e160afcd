import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { bridgeAlias } from '@portolan/core'
import { networkMark } from '@portolan/core/planning'
import fc from 'fast-check'
import type { HostFacts } from 'portolan'
import { describeOnKernel } from '../lab/gate.ts'
import { backend } from './arbitrary/backend.ts'
import { hostileInterfaces, hostileNames } from './arbitrary/hostile-intent.ts'
import { kernelInterface } from './arbitrary/hostile-names.ts'
import { attempt, bareHost, isPlan } from './support/plan.ts'
import { runs } from './support/runs.ts'
import { openStubbedShell, type StubbedShell } from './support/stubbed-shell.ts'

describeOnKernel('the way back of a change', 'nftables', () => {
  let stubbed: StubbedShell
  beforeAll(() => {
    stubbed = openStubbedShell()
  })
  afterAll(() => stubbed[Symbol.dispose]())

  /** Expects that the command runs only the program that it names, and nothing else happens. */
  const expectOneCommand = (reverse: string): void => {
    const { calls, escaped, output, exitCode } = stubbed.run(reverse, '/bin/sh', [])
    expect({ reverse, escaped, output, exitCode }).toEqual({ reverse, escaped: [], output: '', exitCode: 0 })
    // iptables needs two commands to empty and delete a chain.
    const programs = new Set(calls.map(({ words }) => words[0]))
    expect([...programs]).toEqual(reverse.startsWith('#') ? [] : [reverse.slice(0, reverse.indexOf(' '))])
  }

  /** The same for many commands at once, as one script. */
  const expectOneCommandEach = (reverses: readonly string[]): void => {
    const { calls, escaped, output, exitCode } = stubbed.run(reverses.join('\n'), '/bin/sh', [])
    expect({ reverses, escaped, output, exitCode }).toEqual({
      reverses,
      escaped: [],
      output: '',
      exitCode: 0,
    })
    expect(calls.length).toBeGreaterThanOrEqual(reverses.filter((one) => !one.startsWith('#')).length)
  }

  test('runs the one program that it names, whatever bridges and their ports are called', async () => {
    let commands = 0
    await fc.assert(
      fc.asyncProperty(hostileInterfaces, backend, kernelInterface, async ({ hostile }, chosen, port) => {
        const first = await attempt(hostile, bareHost, chosen)
        if (!isPlan(first)) return
        const { networks, project } = first.desired
        // The bridges exist, and every setting of them is wrong.
        const interfaces = networks.flatMap((network, index) => [
          {
            name: network.bridge,
            kind: 'bridge',
            up: false,
            mtu: 9000,
            alias: `${bridgeAlias(networkMark(project, network))}`,
            addresses: ['10.9.9.9/24'],
          },
          { name: `${index}${port}`, kind: 'veth', up: true, master: network.bridge, hairpin: false },
        ])
        const facts: HostFacts = { interfaces, sysctls: { 'net.ipv4.ip_forward': '0' } }
        const second = await attempt(hostile, { ...bareHost, facts }, chosen)
        const changes = [first, ...(isPlan(second) ? [second] : [])].flatMap((plan) => plan.changes)
        for (const { part, reverse } of changes) {
          // Commands of nftables are lines for nft, and not for a shell.
          if (part === 'nftables') continue
          expectOneCommand(reverse)
          commands += 1
        }
      }),
      runs(15),
    )
    expect(commands).toBeGreaterThan(0)
  })

  test('runs the one program that it names, whatever networks and services are called', async () => {
    let commands = 0
    await fc.assert(
      fc.asyncProperty(
        hostileNames,
        fc.constantFrom('iptables-nft', 'iptables-legacy'),
        async ({ hostile }, chosen) => {
          const plan = await attempt(hostile, bareHost, chosen)
          if (!isPlan(plan)) return
          expectOneCommandEach(plan.changes.map(({ reverse }) => reverse))
          commands += plan.changes.length
        },
      ),
      runs(25),
    )
    expect(commands).toBeGreaterThan(0)
  })
})
