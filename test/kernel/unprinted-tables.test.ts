import { describe, expect, test } from '@jest/globals'
import type { Backend } from 'portolan'
import { describeOnKernel } from '../lab/gate.ts'
import { workerLabs } from '../lab/worker-labs.ts'

const shop = `name: shop
services: { web: { ports: ["8080:80"] } }
networks: { default: { driver_opts: { com.docker.network.bridge.name: br-shop } } }
`

/**
 * Rules that nft may write into a table of iptables-nft. iptables-nft-save omits the first, and stops at the second.
 */
const rules = [
  ['that iptables-nft-save omits', 'ip saddr 192.0.2.50 ct mark set 5'],
  ['that ends iptables-nft-save', 'meta l4proto 132 th dport 9 drop'],
] as const

describeOnKernel('a table of iptables-nft', 'iptables-nft', () => {
  const onHost = async (backend: Backend, rule: string) => {
    const lab = await workerLabs().open()
    const { host } = lab
    await host.mustRun(['iptables-nft', '-A', 'FORWARD', '-s', '192.0.2.77', '-j', 'DROP'])
    const file = await lab.write('compose.yaml', shop)
    const portolan = (...words: readonly string[]) => lab.portolan([...words, '--state', '/run/lab/state'])
    return {
      lab,
      addRule: () => host.mustRun(['nft', `add rule ip filter FORWARD ${rule}`]),
      apply: () => portolan('apply', '-f', file, '--backend', backend, '--yes', '--force'),
      plan: () => portolan('plan', '-f', file, '--backend', backend),
      destroy: () => portolan('destroy', '-p', 'shop', '--yes'),
      ours: async () => (await host.run(['sh', '-c', 'nft list ruleset | grep -ci portolan'])).stdout.trim(),
    }
  }

  describe.each(['nftables', 'iptables-legacy'] as const)('with our rules in %s', (backend) => {
    test.each(rules)(
      'and a rule of nft %s makes plan say how it was read, and destroy works',
      async (_, rule) => {
        const { lab, addRule, apply, plan, destroy, ours } = await onHost(backend, rule)
        await using _lab = lab
        expect((await apply()).exitCode).toBe(0)
        await addRule()
        const planned = await plan()
        expect(planned.exitCode).toBe(0)
        expect(planned.stdout).toContain('Table ip filter of iptables-nft: read as nft lists it')
        expect((await destroy()).exitCode).toBe(0)
        expect(await ours()).toBe('0')
      },
    )
  })

  test.each(rules)(
    'with our rules and a rule of nft %s makes plan, apply and destroy fail before any change, with the name of the table',
    async (_, rule) => {
      const { lab, addRule, apply, plan, destroy, ours } = await onHost('iptables-nft', rule)
      await using _lab = lab
      expect((await apply()).exitCode).toBe(0)
      const before = await ours()
      await addRule()
      for (const { exitCode, stderr } of [await plan(), await apply(), await destroy()]) {
        expect(exitCode).toBe(1)
        expect(stderr).toContain('Table ip filter holds rules that nft wrote')
        expect(stderr).toContain('nft -a list table ip filter')
      }
      expect(await ours()).toBe(before)
      const stdout = await lab.host.mustRun(['nft', '-a', 'list', 'table', 'ip', 'filter'])
      const handle = /(?:mark set|sctp dport).*# handle (\d+)/.exec(stdout)?.[1] ?? ''
      await lab.host.mustRun(['nft', `delete rule ip filter FORWARD handle ${handle}`])
      expect((await plan()).exitCode).toBe(0)
      expect((await destroy()).exitCode).toBe(0)
      expect(await ours()).toBe('0')
    },
  )

  test('with a chain of another priority makes plan and apply fail with the reason, unless our rules are in nftables', async () => {
    await using lab = await workerLabs().open()
    const { host } = lab
    const chain = 'FORWARD { type filter hook forward priority 0; policy accept; }'
    await host.mustRun(['nft', `add table ip mangle; add chain ip mangle ${chain}`])
    const file = await lab.write('compose.yaml', shop)
    const run = (verb: string, backend: Backend, ...words: readonly string[]) =>
      lab.portolan([verb, '-f', file, '--state', '/run/lab/state', '--backend', backend, ...words])
    for (const { exitCode, stderr } of [
      await run('plan', 'iptables-nft'),
      await run('apply', 'iptables-nft', '--yes', '--force'),
    ]) {
      expect(exitCode).toBe(1)
      expect(stderr).toContain(
        'Chain FORWARD of table ip mangle was made by nft with another type or priority',
      )
    }
    expect((await run('apply', 'nftables', '--yes', '--force')).exitCode).toBe(0)
    expect(
      (await lab.portolan(['destroy', '-p', 'shop', '--yes', '--state', '/run/lab/state'])).exitCode,
    ).toBe(0)
    await host.mustRun(['nft', 'delete chain ip mangle FORWARD'])
    expect((await run('apply', 'iptables-nft', '--yes', '--force')).exitCode).toBe(0)
  })
})
