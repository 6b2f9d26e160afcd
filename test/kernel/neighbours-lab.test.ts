import { readFile } from 'node:fs/promises'
import { expect, test } from '@jest/globals'
import { openLab } from '../lab/lab.ts'
import { startCni } from '../lab/neighbour/cni.ts'
import { describeBeside } from '../lab/neighbour/describe-beside.ts'
import { startDocker } from '../lab/neighbour/docker.ts'
import { engineRoom, useLegacyIptables } from '../lab/neighbour/engine-room.ts'
import { startFail2ban } from '../lab/neighbour/fail2ban.ts'
import { startFirewalld } from '../lab/neighbour/firewalld.ts'
import { startLibvirt } from '../lab/neighbour/libvirt.ts'
import { startPodman } from '../lab/neighbour/podman.ts'
import { startUfw } from '../lab/neighbour/ufw.ts'
import { run } from '../lab/run.ts'
import { addresses } from '../lab/topology.ts'

// The lab proves itself: each real program does on its host what it is known for, and what a restart does to it.
const published = { protocol: 'tcp', destination: addresses.ip.host, port: 8080, timeoutMs: 2000 } as const

describeBeside(
  'the lab with real programs',
  ['docker', 'podman', 'cni', 'firewalld', 'ufw', 'libvirt'],
  () => {
    test('Docker publishes a port in iptables-nft, and again after a restart', async () => {
      await using lab = await openLab()
      const docker = await startDocker(lab)
      await docker.run({ name: 'web', publish: ['8080:80'] })
      expect(await lab.client.probe(published)).toMatchObject({ by: 'web', source: addresses.ip.client })
      await docker.restart()
      await docker.enter({ name: 'web' })
      expect(await lab.client.probe(published)).toMatchObject({ by: 'web', source: addresses.ip.client })
      await docker.createNetwork({ name: 'own', subnet: '172.31.5.0/24', bridge: 'br-own' })
      const own = await docker.run({
        name: 'own',
        network: 'own',
        address: '172.31.5.9',
        publish: ['8081:80'],
      })
      expect(own.address).toBe('172.31.5.9')
      expect(await lab.client.probe({ ...published, port: 8081 })).toMatchObject({ by: 'own' })
      expect(await lab.host.mustRun(['iptables-nft-save'])).toContain('--to-destination 172.31.5.9:80')
      await docker.remove('own')
      await docker.removeNetwork('own')
      await docker.reload()
    })

    test('Docker writes to iptables-legacy where that is the alternative', async () => {
      await using lab = await openLab()
      await useLegacyIptables(lab)
      const docker = await startDocker(lab)
      await docker.run({ name: 'web', publish: ['8080:80'] })
      expect(await lab.client.probe(published)).toMatchObject({ by: 'web', source: addresses.ip.client })
      expect(await lab.host.mustRun(['iptables-legacy-save'])).toContain('--to-destination 172.17.0.2:80')
      expect(await lab.host.mustRun(['nft', 'list', 'ruleset'])).not.toContain('172.17.0.2')
    })

    test.each(['nftables', 'iptables'] as const)(
      'Podman publishes a port through netavark and %s',
      async (driver) => {
        await using lab = await openLab()
        const podman = await startPodman(lab, { driver })
        await podman.createNetwork('own', '--subnet=10.89.7.0/24', '--interface-name=br-pod')
        await podman.run({ name: 'web', network: 'own', publish: ['8080:80'] })
        expect(await lab.client.probe(published)).toMatchObject({ by: 'web', source: addresses.ip.client })
        await podman.restart({ name: 'web', network: 'own' })
        expect(await lab.client.probe(published)).toMatchObject({ by: 'web' })
        await podman.reload()
        expect(await lab.client.probe(published)).toMatchObject({ by: 'web' })
        await podman.remove('web')
        expect(await lab.client.probe(published)).toMatchObject({ delivered: false })
      },
    )

    test('the CNI plugins publish a port', async () => {
      await using lab = await openLab()
      const cni = await startCni(lab)
      await cni.run({ name: 'web', publish: ['8080:80'] })
      expect(await lab.client.probe(published)).toMatchObject({ by: 'web', source: addresses.ip.client })
      await cni.remove('web')
      expect(await lab.client.probe(published)).toMatchObject({ delivered: false })
    })

    test('firewalld closes the host but for what it is told to open, and a reload forgets what was for run time', async () => {
      await using lab = await openLab()
      await lab.host.listen({ protocol: 'tcp', port: 8080 })
      const firewalld = await startFirewalld(lab)
      expect(await lab.client.probe(published)).toMatchObject({ delivered: false })
      await firewalld.command('--add-port=8080/tcp')
      expect(await lab.client.probe(published)).toMatchObject({ by: 'host' })
      await firewalld.reload()
      expect(await lab.client.probe(published)).toMatchObject({ delivered: false })
      await firewalld.restart()
      expect(await firewalld.command('--get-default-zone')).toBe('public\n')
    })

    test('ufw closes the host but for what it is told to open', async () => {
      await using lab = await openLab()
      await lab.host.listen({ protocol: 'tcp', port: 8080 })
      const ufw = await startUfw(lab, ['allow 22/tcp'])
      expect(await lab.client.probe(published)).toMatchObject({ delivered: false })
      await ufw.command('allow', '8080/tcp')
      await ufw.reload()
      expect(await lab.client.probe(published)).toMatchObject({ by: 'host' })
      await ufw.disable()
      expect(await lab.host.mustRun(['iptables-nft-save'])).not.toContain('DROP')
    })

    test.each(['nftables', 'iptables'] as const)('libvirt starts a network with %s', async (backend) => {
      await using lab = await openLab()
      const libvirt = await startLibvirt(lab, { backend })
      await libvirt.createNetwork({ name: 'default', bridge: 'virbr0', gateway: '192.168.122.1/24' })
      const guest = await lab.container({
        name: 'guest',
        bridge: 'virbr0',
        address: '192.168.122.9/24',
        gateway: '192.168.122.1',
      })
      await lab.outside.listen({ protocol: 'tcp', port: 7000 })
      const out = { protocol: 'tcp', destination: addresses.ip.outside, port: 7000, timeoutMs: 2000 } as const
      expect(await guest.probe(out)).toMatchObject({ by: 'outside', source: addresses.ip.hostOutside })
      await libvirt.restart()
      await libvirt.reload()
      expect(await guest.probe(out)).toMatchObject({ by: 'outside', source: addresses.ip.hostOutside })
    })

    test('fail2ban bans an address', async () => {
      await using lab = await openLab()
      await lab.host.listen({ protocol: 'tcp', port: 8080 })
      const fail2ban = await startFail2ban(lab)
      await fail2ban.ban(addresses.ip.client)
      expect(await lab.client.probe(published)).toMatchObject({ delivered: false, how: 'refused' })
      expect(await lab.neighbour.probe(published)).toMatchObject({ by: 'host' })
      await fail2ban.unban(addresses.ip.client)
      expect(await lab.client.probe(published)).toMatchObject({ by: 'host' })
    })

    test('closing the lab ends every program and removes their cgroups', async () => {
      let cgroup = ''
      let pid = 0
      {
        await using lab = await openLab()
        ;({ cgroup } = await engineRoom(lab))
        const docker = await startDocker(lab)
        await docker.run({ name: 'web', publish: ['8080:80'] })
        const { stdout } = await run(['find', '/sys/fs/cgroup', '-path', `*/${cgroup}/*/cgroup.procs`])
        for (const file of stdout.trim().split('\n')) pid = Number(await readFile(file, 'utf8')) || pid
        expect(await readFile(`/proc/${pid}/comm`, 'utf8')).toBe('sleep\n')
      }
      expect((await run(['find', '/sys/fs/cgroup', '-name', cgroup])).stdout).toBe('')
      await expect(readFile(`/proc/${pid}/comm`, 'utf8')).rejects.toThrow('ENOENT')
    })
  },
)
