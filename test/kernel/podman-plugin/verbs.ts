import { fileURLToPath } from 'node:url'
import { expect, test } from '@jest/globals'
import type { Lab } from '../../lab/lab.ts'
import { takeSnapshot } from '../../lab/snapshot.ts'
import { addresses } from '../../lab/topology.ts'
import { bareMachine } from '../attach/in-namespace.ts'
import { asked, containerOn, keptCallsIn, namespaceOf } from './calls.ts'
import { type Json, leasedOn, leftOn } from './network.ts'

const preload = fileURLToPath(new URL('../../lab/kill-before.mjs', import.meta.url))

const answering = async (lab: Lab): Promise<string | null> => {
  const outcome = await lab.client.probe({ protocol: 'tcp', destination: addresses.ip.host, port: 8080 })
  return outcome.delivered ? outcome.by : null
}

/** A container ends without a teardown, as at a crash of the host. The next container gets its address and ports. */
const replaceEndedContainer = async (lab: Lab, web: Json): Promise<void> => {
  const plugin = keptCallsIn(lab)
  const [one, two] = [await bareMachine(lab, 'gone'), await bareMachine(lab, 'next')]
  const addressed = { static_ips: ['10.0.8.8'] }
  const onPort = (port: number) => ({
    port_mappings: [{ host_ip: '', container_port: 80, host_port: port, range: 1, protocol: 'tcp' }],
  })
  await plugin.must(['setup', namespaceOf(one)], { ...containerOn(web, one, addressed), ...onPort(8088) })
  await one.ip('link delete eth0')
  const next = { ...containerOn(web, two, addressed), ...onPort(8088) }
  await plugin.must(['setup', namespaceOf(two)], next)
  expect(
    await lab.client.reach({ protocol: 'tcp', destination: addresses.ip.host, port: 8088 }),
  ).toMatchObject({ by: 'next' })
  await plugin.must(['teardown', namespaceOf(two)], next)
}

export const verbs = (open: () => Promise<Lab>): void => {
  test.each(['nftables', 'iptables-nft'])(
    '%s: create chooses a free subnet and changes nothing, and setup gives the requested addresses or names the conflict',
    async (backend) => {
      const lab = await open()
      const plugin = keptCallsIn(lab)
      await lab.host.ip('route add 172.17.128.0/17 dev eth1 table 51820')
      const before = await takeSnapshot(lab.host)
      const web = await plugin.must(['create'], asked('web', { options: { mtu: '1400', backend } }))
      expect(web).toMatchObject({
        name: 'web',
        driver: 'portolan',
        subnets: [{ subnet: '10.0.0.0/16', gateway: '10.0.42.1' }],
        dns_enabled: false,
        ipam_options: { driver: 'host-local' },
      })
      const fixed = (subnet: string) => asked('fixed', { subnets: [{ subnet }] })
      expect(await plugin.refused(['create'], fixed('172.17.200.0/24'))).toContain('172.17.128.0/17')
      expect(await plugin.must(['create'], fixed('10.9.0.0/24'))).toMatchObject({
        subnets: [{ subnet: '10.9.0.0/24', gateway: '10.9.0.1' }],
      })
      expect(await takeSnapshot(lab.host)).toEqual(before)

      const one = await bareMachine(lab, 'pod-1')
      const container = containerOn(web, one, {
        static_ips: ['10.0.7.7'],
        static_mac: '02:00:00:00:00:07',
      })
      const at = namespaceOf(one)
      await lab.host.mustRun(['iptables', '-w', '-P', 'FORWARD', 'DROP'])
      await lab.host.mustRun(['iptables', '-w', '-I', 'FORWARD', '-p', 'tcp', '--dport', '80', '-j', 'DROP'])
      const refused = await plugin.refused(['setup', at], container)
      expect(refused).toContain('eth0:80 cannot be reached')
      expect(refused).toContain('keep it with --ip ')
      expect(await one.mustRun(['ip', '-o', 'link'])).not.toContain('eth0')
      expect(await leftOn(lab)).toBe('')
      await lab.host.mustRun(['iptables', '-w', '-F', 'FORWARD'])
      await lab.host.mustRun(['iptables', '-w', '-P', 'FORWARD', 'ACCEPT'])
      const result = await plugin.must(['setup', at], container)
      expect(result).toEqual({
        dns_search_domains: [],
        dns_server_ips: [],
        interfaces: {
          eth0: {
            mac_address: '02:00:00:00:00:07',
            subnets: [{ ipnet: '10.0.7.7/16', gateway: '10.0.42.1' }],
          },
        },
      })
      expect(await one.mustRun(['ip', 'link', 'show', 'eth0'])).toContain('mtu 1400')
      expect(await answering(lab)).toBe('pod-1')
      await replaceEndedContainer(lab, web)
      await plugin.must(['teardown', at], container)
      await plugin.must(['teardown', '/run/netns/gone'], container)
      expect(await leftOn(lab)).toBe('')
    },
    120_000,
  )

  test('killed calls of setup and teardown do not hinder the next calls, which leave nothing behind', async () => {
    const lab = await open()
    const plugin = keptCallsIn(lab)
    const web = await plugin.must(['create'], asked('web'))
    const [one, two] = [await bareMachine(lab, 'pod-1'), await bareMachine(lab, 'pod-2')]
    // Podman chooses the address of every container.
    const addressed = { static_ips: ['172.17.0.9'] }
    const [first, next] = [containerOn(web, one, addressed), containerOn(web, two, addressed)]
    const at = namespaceOf(one)
    /** False: the verb had fewer steps and ended. */
    const wasKilled = async (verb: string, step: number): Promise<boolean> => {
      const { exitCode } = await plugin.call([verb, at], first, {
        NODE_OPTIONS: `--import=${preload}`,
        KILL_BEFORE: String(step),
      })
      expect([0, 137, null]).toContain(exitCode)
      return exitCode !== 0
    }
    const setUpFirst = async (): Promise<void> => {
      await plugin.must(['setup', at], first)
      expect(await answering(lab)).toBe('pod-1')
    }
    const teardown = async (): Promise<void> => {
      await plugin.must(['teardown', at], first)
    }
    /** The crash ended the container too. No teardown comes for it, and another container gets its address. */
    const replaceFirst = async (): Promise<void> => {
      await one.run(['ip', 'link', 'delete', 'eth0'])
      await plugin.must(['setup', namespaceOf(two)], next)
      await plugin.must(['teardown', namespaceOf(two)], next)
    }
    const nothingIsLeft = async (verb: string, step: number): Promise<void> => {
      const left = { onHost: await leftOn(lab), leased: await leasedOn(lab) }
      expect({ verb, step, left }).toEqual({ verb, step, left: { onHost: '', leased: '' } })
      expect(await one.mustRun(['ip', '-o', 'link'])).not.toContain('eth0')
    }
    let steps = 0
    for (let step = 1; await wasKilled('setup', step); step += 1, steps += 1) {
      if (step % 3 === 2) await setUpFirst()
      await (step % 3 === 0 ? replaceFirst() : teardown())
      await nothingIsLeft('setup', step)
    }
    await teardown()
    for (const comesNext of [teardown, replaceFirst])
      for (let step = 1; ; step += 1, steps += 1) {
        await setUpFirst()
        if (!(await wasKilled('teardown', step))) break
        await comesNext()
        await nothingIsLeft('teardown', step)
      }
    expect(steps).toBeGreaterThan(15)
  }, 600_000)
}
