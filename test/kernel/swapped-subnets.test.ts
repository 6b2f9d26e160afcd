import { expect, test } from '@jest/globals'
import type { Lab } from '../lab/lab.ts'
import { addresses } from '../lab/topology.ts'
import { describeLifecycle } from './lifecycle/describe-lifecycle.ts'
import { pilotOf } from './lifecycle/pilot.ts'

const textOf = (n1: number, n2: number): string => `name: sw
services:
  a: {networks: {n1: {ipv4_address: 10.9.${n1}.2, ipv6_address: "fd00:9:${n1}::2"}}, ports: ["8080:80"]}
  b: {networks: {n2: {ipv4_address: 10.9.${n2}.2, ipv6_address: "fd00:9:${n2}::2"}}, ports: ["8081:80"]}
networks:
${[n1, n2]
  .map(
    (third, at) =>
      `  n${at + 1}: {driver_opts: {com.docker.network.bridge.name: br-n${at + 1}}, enable_ipv6: true, ipam: {config: [{subnet: 10.9.${third}.0/24}, {subnet: "fd00:9:${third}::/64"}]}}`,
  )
  .join('\n')}
`

/** The addresses of both bridges, as `ip` prints them. */
const bridgeAddresses = async ({ host }: Lab): Promise<readonly string[]> => {
  const text = await host.mustRun(['ip', '-o', 'addr', 'show', 'scope', 'global'])
  return text.split('\n').flatMap((line) => /(br-n\d)\s+inet6? (\S+)/.exec(line)?.slice(1, 3).join(' ') ?? [])
}

const unswapped = ['br-n1 10.9.0.1/24', 'br-n1 fd00:9::1/64', 'br-n2 10.9.1.1/24', 'br-n2 fd00:9:1::1/64']

for (const chosen of ['nftables', 'iptables-nft'] as const)
  describeLifecycle('networks that swap their subnets', chosen, (open, backend) => {
    test('have no conflict, and after one apply the port answers in both families', async () => {
      const lab = await open()
      const pilot = pilotOf(lab, backend)
      await pilot.apply(textOf(0, 1))
      expect(await bridgeAddresses(lab)).toEqual(unswapped)
      const { exitCode, conflicts } = await pilot.plan(textOf(1, 0))
      expect({ exitCode, errors: conflicts.filter(({ severity }) => severity !== 'info') }).toEqual({
        exitCode: 2,
        errors: [],
      })
      await pilot.apply(textOf(1, 0))
      expect((await pilot.plan(textOf(1, 0))).exitCode).toBe(0)
      await using a = await lab.container({
        ...{ name: 'a', bridge: 'br-n1', address: '10.9.1.2/24', address6: 'fd00:9:1::2/64' },
        ...{ gateway: '10.9.1.1', gateway6: 'fd00:9:1::1', services: [{ protocol: 'tcp', port: 80 }] },
      })
      expect(a.port).not.toBe('')
      for (const destination of [addresses.ip.host, addresses.ip6.host])
        expect(await lab.client.reach({ protocol: 'tcp', destination, port: 8080 })).toMatchObject({
          by: 'a',
        })
    })
  })

describeLifecycle('networks that swap their subnets', 'iptables-nft', (open) => {
  test('have their former addresses again when the rules are refused, and the next apply succeeds', async () => {
    const lab = await open()
    const pilot = pilotOf(lab, 'iptables-nft')
    await pilot.apply(textOf(0, 1))
    await lab.host.mustRun(['mkdir', '-p', '/run/lab/refusing'])
    const refuse = '#!/bin/sh\ncat > /dev/null\necho refused >&2\nexit 4\n'
    for (const program of ['iptables-nft-restore', 'ip6tables-nft-restore']) {
      await lab.host.writeText(`/run/lab/refusing/${program}`, refuse)
      await lab.host.mustRun(['chmod', '+x', `/run/lab/refusing/${program}`])
    }
    const file = await lab.write('compose.yaml', textOf(1, 0))
    const refused = await lab.host.run(
      [
        'sh',
        '-c',
        'PATH=/run/lab/refusing:$PATH exec "$@"',
        'sh',
        ...lab.command,
        ...pilot.argv('apply', file, '--yes'),
      ],
      {},
    )
    expect(refused.exitCode).toBe(1)
    expect(refused.stderr).not.toContain('in force')
    expect(await bridgeAddresses(lab)).toEqual(unswapped)
    await pilot.apply(textOf(1, 0))
    expect((await pilot.plan(textOf(1, 0))).exitCode).toBe(0)
  })
})
