import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { expect, test } from '@jest/globals'
import { createMachine } from '../../lab/machine.ts'
import { callDockerPlugin, type Json, pluginSocket } from '../../lab/neighbour/call-docker-plugin.ts'
import { shippedUnit } from '../../lab/neighbour/systemd.ts'
import { answer, cleanStop, type Here, killAndWait, rules, stopped } from './here.ts'

const unit = 'portolan-docker.service'
const socket = 'portolan-docker.socket'
const network = { NetworkID: 'a'.repeat(64) }
const endpoint = { ...network, EndpointID: 'b'.repeat(64) }
const ports = {
  Options: {
    'com.docker.network.portmap': [
      { Proto: 6, IP: '', Port: 80, HostIP: '', HostPort: 7070, HostPortEnd: 7070 },
    ],
  },
}

/** The units of the Docker plugin. The test plays dockerd. */
export const docker = (opened: () => Here): void => {
  const path = (): string => `/proc/${opened().lab.host.pid}/root${pluginSocket}`
  const call = async (verb: string, body: Json): Promise<Json> => {
    const given = await callDockerPlugin(path(), verb, body)
    expect({ verb, ...given }).toEqual({
      ...{ verb, status: 200 },
      body: expect.not.objectContaining({ Err: expect.anything() }),
    })
    return given?.body ?? {}
  }

  /** Makes a container with a published port, as dockerd does. */
  const runContainer = async (): Promise<void> => {
    const { lab } = opened()
    const given = { Pool: '10.30.0.0/24', Gateway: '10.30.0.1/24' }
    const options = { Options: { 'com.docker.network.generic': {} } }
    await call('/NetworkDriver.CreateNetwork', { ...network, ...options, IPv4Data: [given], IPv6Data: [] })
    const Interface = { Address: '10.30.0.5/24' }
    await call('/NetworkDriver.CreateEndpoint', { ...endpoint, Interface, ...ports })
    const joined = await call('/NetworkDriver.Join', { ...endpoint, ...ports })
    const { SrcName } = joined.InterfaceName as { readonly SrcName: string }
    const machine = lab.use(await createMachine('docker-web'))
    await lab.host.ip(`link set ${SrcName} netns ${machine.pid} name eth0`)
    await machine.ip(
      ...['link set eth0 up', 'addr add 10.30.0.5/24 dev eth0', 'route add default via 10.30.0.1'],
    )
    await machine.listen({ protocol: 'tcp', port: 80 })
    await call('/NetworkDriver.ProgramExternalConnectivity', { ...endpoint, ...ports })
  }

  test('the socket of the Docker plugin is open to root alone, and a call starts the plugin', async () => {
    const { systemd } = opened()
    for (const name of [unit, socket]) await systemd.install(name, shippedUnit(name))
    await systemd.mustRun(['systemctl', 'start', socket])
    const modes = await systemd.mustRun(['stat', '--format', '%a %U:%G', pluginSocket, '/run/docker/plugins'])
    expect(modes).toBe('600 root:root\n755 root:root\n')
    expect(await systemd.show(unit, 'ActiveState')).toEqual({ ActiveState: 'inactive' })
    expect(await call('/Plugin.Activate', {})).toEqual({ Implements: ['NetworkDriver', 'IpamDriver'] })
    await systemd.until(unit, { ActiveState: 'active' })
  })

  test('containers keep their traffic during a restart of the plugin, and a call waits for its end', async () => {
    const here = opened()
    const { systemd } = here
    await runContainer()
    expect(await answer(here, 7070)).toBe('docker-web')
    const before = await rules(here)
    const restarted = systemd.mustRun(['systemctl', 'restart', unit])
    const waited = call('/NetworkDriver.EndpointOperInfo', endpoint)
    expect(await answer(here, 7070)).toBe('docker-web')
    await Promise.all([restarted, waited])
    await killAndWait(here, unit)
    expect(await answer(here, 7070)).toBe('docker-web')
    expect(await rules(here)).toBe(before)
  })

  test('no call fails while systemd restarts the plugin again and again', async () => {
    const { systemd } = opened()
    const restarts = (async () => {
      for (let times = 0; times < 4; times += 1) await systemd.mustRun(['systemctl', 'restart', unit])
      return true
    })()
    let isOver = false
    const over = (): void => {
      isOver = true
    }
    restarts.then(over, over)
    const callers = Array.from({ length: 8 }, async () => {
      let calls = 0
      for (; !isOver; calls += 1) await call('/NetworkDriver.EndpointOperInfo', endpoint)
      return calls
    })
    const counts = await Promise.all(callers)
    await restarts
    expect(Math.min(...counts)).toBeGreaterThan(0)
  })

  test('connections without a request, or with half of one, do not delay a stop of the plugin', async () => {
    const here = opened()
    const open = async (text: string): Promise<Socket> => {
      const connection = connect(path()).on('error', () => {})
      await once(connection, 'connect')
      connection.write(text)
      return connection
    }
    const half = 'POST /Plugin.Activate HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n{'
    const connections = await Promise.all(['', half].map(open))
    await call('/Plugin.Activate', {})
    expect(await stopped(here, unit)).toEqual(cleanStop)
    for (const connection of connections) connection.destroy()
    expect(await answer(here, 7070)).toBe('docker-web')
  })

  test('a start of the plugin after a stop of plugin and socket brings the socket back, and its stop is clean', async () => {
    const here = opened()
    await here.systemd.mustRun(['systemctl', 'stop', socket, unit])
    await here.systemd.mustRun(['systemctl', 'start', unit])
    await call('/NetworkDriver.RevokeExternalConnectivity', endpoint)
    await call('/NetworkDriver.Leave', endpoint)
    await call('/NetworkDriver.DeleteEndpoint', endpoint)
    await call('/NetworkDriver.DeleteNetwork', network)
    expect(await stopped(here, unit)).toEqual(cleanStop)
  })
}
