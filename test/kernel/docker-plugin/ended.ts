import { expect, test } from '@jest/globals'
import type { Backend } from '../../lab/backend.ts'
import { type DockerPlugin, type Json, startDockerPlugin } from '../../lab/neighbour/docker-plugin.ts'
import { until } from '../../lab/until.ts'
import type { OpenLab } from '../lifecycle/describe-lifecycle.ts'
import { leftOver } from './docker-site.ts'

const NetworkID = 'a'.repeat(64)
/** A subnet that a gateway and five containers fill. */
const pool = { AddressSpace: 'portolan', Pool: '10.9.0.0/29', V6: false }

/** Calls the plugin as dockerd does, and throws when it refuses. */
const caller =
  (plugin: DockerPlugin) =>
  async (path: string, body: Json): Promise<Json> => {
    const answer = await plugin.call(path, body)
    expect({ path, answer }).toEqual({
      path,
      answer: { status: 200, body: expect.not.objectContaining({ Err: expect.anything() }) },
    })
    return answer?.body ?? {}
  }

export const ended = (open: OpenLab, backend: Backend): void => {
  test('addresses and ports of containers that ended while the plugin was stopped are free again, and running and starting containers keep theirs', async () => {
    const lab = await open()
    const plugin = await startDockerPlugin(lab, backend)
    const call = caller(plugin)
    const { PoolID } = await call('/IpamDriver.RequestPool', pool)
    const gateway = { PoolID, Options: { RequestAddressType: 'com.docker.network.gateway' } }
    const { Address: Gateway } = await call('/IpamDriver.RequestAddress', gateway)
    await call('/NetworkDriver.CreateNetwork', {
      NetworkID,
      Options: { 'com.docker.network.generic': {} },
      IPv4Data: [{ AddressSpace: pool.AddressSpace, Pool: pool.Pool, Gateway }],
      IPv6Data: [],
    })
    const endpointOf = (digit: string): Json => ({ NetworkID, EndpointID: digit.repeat(64) })
    const create = async (digit: string): Promise<string> => {
      const { Address } = await call('/IpamDriver.RequestAddress', { PoolID })
      await call('/NetworkDriver.CreateEndpoint', { ...endpointOf(digit), Interface: { Address } })
      return String(Address)
    }
    /** The calls of dockerd before a container's namespace exists. */
    const startContainer = async (digit: string, port: number | null): Promise<string> => {
      const address = await create(digit)
      await call('/NetworkDriver.Join', endpointOf(digit))
      if (port !== null) await publish(digit, port)
      return address
    }
    const release = (address: string): Promise<Json> =>
      call('/IpamDriver.ReleaseAddress', { PoolID, Address: address.split('/')[0] ?? '' })
    const endContainer = async (digit: string): Promise<void> => {
      await call('/NetworkDriver.RevokeExternalConnectivity', endpointOf(digit))
      await call('/NetworkDriver.Leave', endpointOf(digit))
      await call('/NetworkDriver.DeleteEndpoint', endpointOf(digit))
    }
    const publish = (digit: string, HostPort: number): Promise<Json> =>
      call('/NetworkDriver.ProgramExternalConnectivity', {
        ...endpointOf(digit),
        Options: {
          'com.docker.network.portmap': [
            { Proto: 6, IP: '', Port: 80, HostIP: '', HostPort, HostPortEnd: HostPort },
          ],
        },
      })
    const interfaceName = (digit: string): string => `vd-${digit.repeat(12)}`
    const ip = (...words: readonly string[]): Promise<string> => lab.host.mustRun(['ip', ...words])
    /** dockerd moves the interface into the container and configures it. */
    const enterNamespace = async (digit: string): Promise<void> => {
      await ip('netns', 'add', `c-${digit}`)
      await ip('link', 'set', interfaceName(digit), 'netns', `c-${digit}`)
      await ip('-netns', `c-${digit}`, 'link', 'set', interfaceName(digit), 'name', 'eth0', 'up')
    }
    /** When the container ends, dockerd moves the interface back. */
    const returnInterface = async (digit: string): Promise<void> => {
      await ip('-netns', `c-${digit}`, 'link', 'set', 'eth0', 'down', 'name', interfaceName(digit))
      await ip('-netns', `c-${digit}`, 'link', 'set', interfaceName(digit), 'netns', String(lab.host.pid))
    }
    await startContainer('1', 8081)
    const addressOfReturned = await startContainer('2', 8082)
    const addressOfVanished = await startContainer('3', 8083)
    const addressOfUnpublished = await startContainer('4', null)
    await startContainer('5', 8085)
    for (const digit of ['1', '2', '3', '4']) await enterNamespace(digit)
    expect(await plugin.stop()).toBe(0)
    await returnInterface('2')
    for (const digit of ['2', '3', '4']) await ip('netns', 'delete', `c-${digit}`)
    // The kernel removes the interfaces of a namespace a little after the namespace.
    await until('the end of the interfaces of two containers', async () =>
      /ve-(33333|44444)-/.test(await ip('-o', 'link')) ? null : true,
    )
    const linesBefore = plugin.said.length
    await plugin.start()
    // The ports and addresses of the ended containers are free, so the next ones get them.
    const newAddresses = [
      await startContainer('6', 8082),
      await startContainer('7', 8083),
      await startContainer('8', null),
    ]
    expect(newAddresses.toSorted()).toEqual(
      [addressOfReturned, addressOfVanished, addressOfUnpublished].toSorted(),
    )
    // dockerd may still release these addresses for the ended containers. That takes nothing from the next ones.
    for (const address of newAddresses) await release(address)
    const status = await lab.host.mustRun([...lab.command, 'status', '-p', 'docker'])
    for (const [port, digit] of [
      [8081, '1'],
      [8082, '6'],
      [8083, '7'],
      [8085, '5'],
    ] as const)
      expect(status).toContain(`0.0.0.0:${port}/tcp -> ${digit.repeat(12)}:80`)
    await enterNamespace('5')
    await endContainer('8')
    await release(newAddresses[2] ?? '')
    expect(await create('9')).toBe(newAddresses[2])
    await plugin.stop()
    const log = plugin.said.slice(linesBefore).join('')
    expect(log.match(/the container of endpoint \d+ .*ended while/g)).toHaveLength(3)
    await plugin.start()
    // The plugin started between the two calls by which a container gets its interface.
    await call('/NetworkDriver.Join', endpointOf('9'))
    await enterNamespace('9')
    await endContainer('9')
    await release(newAddresses[2] ?? '')
    await create('9')
    // A second plugin is refused before it counts the containers of the first one as ended.
    expect(await lab.host.run([...lab.command, 'docker-plugin', '--backend', backend])).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('another program serves /run/docker/plugins/portolan.sock already'),
    })
    await call('/NetworkDriver.Join', endpointOf('9'))
    for (const digit of ['1', '5', '6', '7', '9']) await endContainer(digit)
    await call('/NetworkDriver.DeleteNetwork', { NetworkID })
    expect(await leftOver({ lab })).toBe('')
    await plugin.stop()
    // The log does not say of a container that it ended, and then that it starts.
    expect(plugin.said.join('').match(/endpoint 9{12} .*/g)).toEqual([
      expect.stringContaining(
        'has no interface, as it ended while this plugin did not serve Docker, or is just',
      ),
    ])
  })
}
