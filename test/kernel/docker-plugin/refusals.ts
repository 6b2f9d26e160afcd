import { connect } from 'node:net'
import { expect, test } from '@jest/globals'
import { createPluginNetwork } from '../../lab/neighbour/docker-network.ts'
import { addresses } from '../../lab/topology.ts'
import { answers, type Here, leftOver, refusal } from './here.ts'

const socket = '/run/docker/plugins/portolan.sock'

/** What the plugin refuses, and the words it uses. */
export const refusals = (opened: () => Here): void => {
  test('a port that the firewall would drop fails the start with what drops it, and leaves nothing', async () => {
    const here = opened()
    const { lab, docker } = here
    await createPluginNetwork(docker, 'web')
    const drop = ['-p', 'tcp', '--dport', '80', '-j', 'DROP']
    // Behind the jump to DOCKER-USER: a rule there can accept first, and the remedy names the container's address.
    await lab.host.mustRun(['iptables', '-w', '-I', 'FORWARD', '2', ...drop])
    const words = await refusal(docker.run({ name: 'web-1', network: 'web', publish: ['8080:80'] }))
    expect(words).toContain('0.0.0.0:8080/tcp -> ')
    expect(words).toContain('cannot be reached')
    // The next start gets the address that the remedy names.
    const [address] = /-d (10|172)\.\d+\.\d+\.\d+ /.exec(words) ?? []
    expect(address).toBeDefined()
    expect(await refusal(docker.api('POST', '/containers/web-1/start'))).toContain(address)
    await lab.host.mustRun(['iptables', '-w', '-D', 'FORWARD', ...drop])
    expect((await lab.portolan(['status', '-p', 'docker', '--no-conflicts'])).stdout).not.toContain(':8080/')
    await docker.api('POST', '/containers/web-1/start')
    await docker.enter({ name: 'web-1', network: 'web' })
    expect(await answers(lab.client, addresses.ip.host, 8080)).toBe('web-1')
    const unserved = docker.run({ name: 'web-2', network: 'web', publish: ['8099:80', '[::]:8100:80'] })
    expect(await refusal(unserved)).toContain('has no IPv6')
    const { stdout } = await lab.portolan(['status', '-p', 'docker', '--no-conflicts'])
    expect(stdout).not.toMatch(/:(8099|8100)\//)
    for (const name of ['web-1', 'web-2']) await docker.remove(name)
    await docker.removeNetwork('web')
    expect(await leftOver(here)).toBe('')
  })

  test('what is no call of dockerd is answered in words, and the socket is root’s alone', async () => {
    const { lab, plugin } = opened()
    const said = async (path: string, body: unknown): Promise<readonly [number, string]> => {
      const answer = await plugin.call(path, body)
      return [answer?.status ?? 0, String(answer?.body.Err ?? '')]
    }
    expect(await said('/NetworkDriver.Fly', {})).toEqual([
      404,
      expect.stringContaining('no call "/NetworkDriver.Fly"'),
    ])
    expect(await said('/NetworkDriver.Join', '')).toEqual([
      200,
      expect.stringContaining('came without a request'),
    ])
    expect(await said('/NetworkDriver.Join', '{"NetworkID": ')).toEqual([
      200,
      expect.stringContaining('the text ends too soon'),
    ])
    expect(await said('/NetworkDriver.Join', '[]')).toEqual([
      200,
      expect.stringContaining('expected an object'),
    ])
    expect(await said('/NetworkDriver.Join', { NetworkID: '../../etc', EndpointID: 7 })).toEqual([
      200,
      expect.stringContaining('NetworkID of /NetworkDriver.Join: expected an identifier of Docker'),
    ])
    expect(await said('/IpamDriver.RequestAddress', { PoolID: 'no,pool' })).toEqual([
      200,
      expect.stringContaining('PoolID is "no,pool"'),
    ])
    expect(await said('/NetworkDriver.AllocateNetwork', {})).toEqual([200, expect.stringContaining('swarm')])
    expect(await said('/NetworkDriver.CreateNetwork', '['.repeat(100_000))).toEqual([
      200,
      expect.stringContaining('nested'),
    ])
    expect(await said('/NetworkDriver.CreateNetwork', ' '.repeat(17 * 2 ** 20))).toEqual([
      400,
      expect.stringContaining('more than'),
    ])
    expect((await lab.host.mustRun(['stat', '-c', '%a %u', socket])).trim()).toBe('600 0')
    const { exitCode, stderr } = await lab.portolan(['docker-plugin'])
    expect([exitCode, stderr]).toEqual([1, expect.stringContaining('another program serves')])
    // A client that sends nothing does not block other clients.
    const silent = connect(`/proc/${lab.host.pid}/root${socket}`)
    expect((await plugin.call('/Plugin.Activate', null))?.status).toBe(200)
    silent.destroy()
  })
}
