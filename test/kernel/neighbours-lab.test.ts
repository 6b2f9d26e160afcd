import { existsSync, mkdirSync, rmdirSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { expect, test } from '@jest/globals'
import { fromJson } from '../from-json.ts'
import { removeCgroup } from '../lab/neighbour/cgroup.ts'
import { describeBeside } from '../lab/neighbour/describe-beside.ts'
import { startDocker } from '../lab/neighbour/docker.ts'
import { engineRoom } from '../lab/neighbour/engine-room.ts'
import { startFail2ban } from '../lab/neighbour/fail2ban.ts'
import { startFirewalld } from '../lab/neighbour/firewalld.ts'
import { startPodman } from '../lab/neighbour/podman.ts'
import { startUfw } from '../lab/neighbour/ufw.ts'
import { run } from '../lab/run.ts'
import { addresses } from '../lab/topology.ts'
import { workerLabs } from '../lab/worker-labs.ts'

const labs = workerLabs()

// These tests check that real programs work on a lab's host. neighbours/ tests Portolan beside them.
const published = { protocol: 'tcp', destination: addresses.ip.host, port: 8080, timeoutMs: 2000 } as const

describeBeside('real programs on a lab host', ['docker', 'podman', 'firewalld', 'ufw', 'fail2ban'], () => {
  test('Docker publishes a port with iptables-nft, and again after a restart', async () => {
    await using lab = await labs.open()
    const docker = await startDocker(lab)
    await docker.run({ name: 'web', publish: ['8080:80'] })
    expect(await lab.client.reach(published)).toMatchObject({ by: 'web', source: addresses.ip.client })
    await docker.restart()
    await docker.enter({ name: 'web' })
    expect(await lab.client.reach(published)).toMatchObject({ by: 'web', source: addresses.ip.client })
    await docker.createNetwork({ name: 'own', subnet: '172.31.5.0/24', bridge: 'br-own' })
    const own = await docker.run({
      name: 'own',
      network: 'own',
      address: '172.31.5.9',
      publish: ['8081:80'],
    })
    expect(own.address).toBe('172.31.5.9')
    expect(await lab.client.reach({ ...published, port: 8081 })).toMatchObject({ by: 'own' })
    expect(await lab.host.mustRun(['iptables-nft-save'])).toContain('--to-destination 172.31.5.9:80')
    await docker.remove('own')
    await docker.removeNetwork('own')
    await docker.reload()
  })

  test('Podman publishes a port on a created network, and closes it when the container is removed', async () => {
    await using lab = await labs.open()
    const podman = await startPodman(lab)
    await podman.createNetwork('own', '--subnet=10.89.7.0/24', '--interface-name=br-pod')
    await podman.run({ name: 'web', network: 'own', publish: ['8080:80'] })
    expect(await lab.client.reach(published)).toMatchObject({ by: 'web', source: addresses.ip.client })
    await podman.remove('web')
    expect(await lab.client.probe(published)).toMatchObject({ delivered: false })
  })

  test('firewalld opens only configured ports, and a reload closes a port that was opened at run time', async () => {
    await using lab = await labs.open()
    await lab.host.listen({ protocol: 'tcp', port: 8080 })
    const firewalld = await startFirewalld(lab)
    expect(await lab.client.probe(published)).toMatchObject({ delivered: false })
    await firewalld.command('--add-port=8080/tcp')
    expect(await lab.client.reach(published)).toMatchObject({ by: 'host' })
    await firewalld.reload()
    expect(await lab.client.probe(published)).toMatchObject({ delivered: false })
    await firewalld.restart()
    expect(await firewalld.command('--get-default-zone')).toBe('public\n')
  })

  test('ufw opens only allowed ports, until it is disabled', async () => {
    await using lab = await labs.open()
    await lab.host.listen({ protocol: 'tcp', port: 8080 })
    const ufw = await startUfw(lab, ['allow 22/tcp'])
    expect(await lab.client.probe(published)).toMatchObject({ delivered: false })
    await ufw.command('allow', '8080/tcp')
    await ufw.reload()
    expect(await lab.client.reach(published)).toMatchObject({ by: 'host' })
    await ufw.disable()
    expect(await lab.host.mustRun(['iptables-nft-save'])).not.toContain('DROP')
  })

  test('fail2ban bans an address, and lifts the ban', async () => {
    await using lab = await labs.open()
    await lab.host.listen({ protocol: 'tcp', port: 8080 })
    const fail2ban = await startFail2ban(lab)
    await fail2ban.ban(addresses.ip.client)
    expect(await lab.client.probe(published)).toMatchObject({ delivered: false, how: 'refused' })
    expect(await lab.neighbour.reach(published)).toMatchObject({ by: 'host' })
    await fail2ban.unban(addresses.ip.client)
    expect(await lab.client.reach(published)).toMatchObject({ by: 'host' })
  })

  test('the host keeps /opt and /root of the machine beside programs, because Node and the command may be there', async () => {
    await using lab = await labs.open()
    const places = (): Promise<string> => lab.host.mustRun(['stat', '--format=%n %d %i', '/opt', '/root'])
    const before = await places()
    await engineRoom(lab)
    expect(await places()).toBe(before)
  })

  test('the host does not see the engine networks that are configured on the machine', async () => {
    await using lab = await labs.open()
    const copy = 'mkdir /run/machine; cp -a /etc/. /run/machine; mount --bind /run/machine /etc'
    await lab.host.mustRun(['sh', '-ec', `${copy}; mkdir -p /etc/cni/net.d`])
    const network = '{"name": "pods", "type": "bridge", "ipam": {"subnet": "10.1.0.0/16"}}'
    await lab.host.writeText('/etc/cni/net.d/10-pods.conf', network)
    const networks = async (): Promise<unknown> =>
      fromJson<{ readonly networks: unknown }>((await lab.portolan(['inspect'])).stdout).networks
    expect(await networks()).toContainEqual(expect.objectContaining({ name: 'pods' }))
    await engineRoom(lab)
    expect(await networks()).toEqual([])
  })

  test('the end of a lab ends its programs and removes their cgroup', async () => {
    let cgroup = ''
    let pid = 0
    {
      await using lab = await labs.open()
      ;({ cgroup } = await engineRoom(lab))
      const docker = await startDocker(lab)
      await docker.run({ name: 'web', publish: ['8080:80'] })
      const { stdout } = await run(['find', '/sys/fs/cgroup', '-path', `*/${cgroup}/*/cgroup.procs`])
      for (const file of stdout.trim().split('\n')) pid = Number(await readFile(file, 'utf8')) || pid
      expect(await readFile(`/proc/${pid}/comm`, 'utf8')).toBe('sleep\n')
    }
    expect((await run(['find', '/sys/fs/cgroup', '-name', cgroup])).stdout).toBe('')
    // Another process may have this id by now, because ids begin again after some minutes of tests.
    const groups = await readFile(`/proc/${pid}/cgroup`, 'utf8').catch(() => '')
    expect(groups.includes(cgroup)).toBe(false)
  })

  test('the removal of a cgroup leaves another one with a name that begins alike', async () => {
    const all = '/sys/fs/cgroup'
    const tree = existsSync(`${all}/unified`) ? `${all}/unified` : all
    const own = `portolan-lab-${process.pid}`
    const other = `${tree}/${own}0`
    for (const folder of [`${tree}/${own}/inner`, other]) mkdirSync(folder, { recursive: true })
    try {
      await removeCgroup(own)
      expect([existsSync(`${tree}/${own}`), existsSync(other)]).toEqual([false, true])
    } finally {
      rmdirSync(other)
    }
  })
})
