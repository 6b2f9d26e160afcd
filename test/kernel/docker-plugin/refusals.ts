import { connect } from 'node:net'
import { expect, test } from '@jest/globals'
import { createPluginNetwork } from '../../lab/neighbour/docker-network.ts'
import { addresses } from '../../lab/topology.ts'
import { answeringContainer, type DockerSite, leftOver, refusalOf } from './docker-site.ts'

const socket = '/run/docker/plugins/portolan.sock'

/** What the plugin refuses, and the words it uses. */
export const refusals = (opened: () => DockerSite): void => {
  test('a start fails with the rule that drops its published port, and publishes nothing', async () => {
    const dockerSite = opened()
    const { lab, docker } = dockerSite
    await createPluginNetwork(docker, 'web')
    const drop = ['-p', 'tcp', '--dport', '80', '-j', 'DROP']
    // Behind the jump to DOCKER-USER: a rule there can accept first, and the remedy names the container's address.
    await lab.host.mustRun(['iptables', '-w', '-I', 'FORWARD', '2', ...drop])
    const words = await refusalOf(docker.run({ name: 'web-1', network: 'web', publish: ['8080:80'] }))
    expect(words).toContain('0.0.0.0:8080/tcp -> ')
    expect(words).toContain('cannot be reached')
    // The next start gets the address that the remedy names.
    const [address] = /-d (10|172)\.\d+\.\d+\.\d+ /.exec(words) ?? []
    expect(address).toBeDefined()
    expect(await refusalOf(docker.api('POST', '/containers/web-1/start'))).toContain(address)
    await lab.host.mustRun(['iptables', '-w', '-D', 'FORWARD', ...drop])
    expect((await lab.portolan(['status', '-p', 'docker', '--no-conflicts'])).stdout).not.toContain(':8080/')
    await docker.api('POST', '/containers/web-1/start')
    await docker.enter({ name: 'web-1', network: 'web' })
    expect(await answeringContainer(lab.client, addresses.ip.host, 8080)).toBe('web-1')
    const unserved = docker.run({ name: 'web-2', network: 'web', publish: ['8099:80', '[::]:8100:80'] })
    expect(await refusalOf(unserved)).toContain('has no IPv6')
    const { stdout } = await lab.portolan(['status', '-p', 'docker', '--no-conflicts'])
    expect(stdout).not.toMatch(/:(8099|8100)\//)
    for (const name of ['web-1', 'web-2']) await docker.remove(name)
    await docker.removeNetwork('web')
    expect(await leftOver(dockerSite)).toBe('')
  })

  test('invalid calls are answered with the reason, only root can use the socket, and a silent client blocks no other', async () => {
    const { lab, plugin } = opened()
    const answerTo = async (path: string, body: unknown): Promise<readonly [number, string]> => {
      const answer = await plugin.call(path, body)
      return [answer?.status ?? 0, String(answer?.body.Err ?? '')]
    }
    expect(await answerTo('/NetworkDriver.Fly', {})).toEqual([
      404,
      expect.stringContaining('no call "/NetworkDriver.Fly"'),
    ])
    expect(await answerTo('/NetworkDriver.Join', '')).toEqual([
      200,
      expect.stringContaining('came without a request'),
    ])
    expect(await answerTo('/NetworkDriver.Join', '{"NetworkID": ')).toEqual([
      200,
      expect.stringContaining('the text ends too soon'),
    ])
    expect(await answerTo('/NetworkDriver.Join', '[]')).toEqual([
      200,
      expect.stringContaining('expected an object'),
    ])
    expect(await answerTo('/NetworkDriver.Join', { NetworkID: '../../etc', EndpointID: 7 })).toEqual([
      200,
      expect.stringContaining('NetworkID of /NetworkDriver.Join: expected an identifier of Docker'),
    ])
    expect(await answerTo('/IpamDriver.RequestAddress', { PoolID: 'no,pool' })).toEqual([
      200,
      expect.stringContaining('PoolID is "no,pool"'),
    ])
    expect(await answerTo('/NetworkDriver.AllocateNetwork', {})).toEqual([
      200,
      expect.stringContaining('swarm'),
    ])
    expect(await answerTo('/NetworkDriver.CreateNetwork', '['.repeat(100_000))).toEqual([
      200,
      expect.stringContaining('nested'),
    ])
    expect(await answerTo('/NetworkDriver.CreateNetwork', ' '.repeat(17 * 2 ** 20))).toEqual([
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
