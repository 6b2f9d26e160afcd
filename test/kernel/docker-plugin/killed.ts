import { fileURLToPath } from 'node:url'
import { expect, test } from '@jest/globals'
import type { Backend } from '../../lab/backend.ts'
import { type DockerPlugin, type Json, startDockerPlugin } from '../../lab/neighbour/docker-plugin.ts'
import { takeSnapshot } from '../../lab/snapshot.ts'
import type { OpenLab } from '../lifecycle/describe-lifecycle.ts'

const preload = fileURLToPath(new URL('../../lab/kill-before.mjs', import.meta.url))

const NetworkID = 'a'.repeat(64)
const EndpointID = 'b'.repeat(64)
const endpoint = { NetworkID, EndpointID }
const ports = {
  Options: {
    'com.docker.network.portmap': [
      { Proto: 6, IP: '', Port: 80, HostIP: '', HostPort: 8080, HostPortEnd: 8080 },
    ],
  },
}

/**
 * The calls of dockerd for `docker network create`, `docker run`, `docker rm` and `docker network rm`, in its order.
 * @param call - makes one call and resolves with the plugin's answer
 */
const lifeOfContainer = async (call: (path: string, body: Json) => Promise<Json>): Promise<Json> => {
  const pool = await call('/IpamDriver.RequestPool', { AddressSpace: 'portolan', V6: false })
  const { PoolID } = pool
  const gateway = await call('/IpamDriver.RequestAddress', {
    PoolID,
    Options: { RequestAddressType: 'com.docker.network.gateway' },
  })
  await call('/NetworkDriver.CreateNetwork', {
    NetworkID,
    Options: { 'com.docker.network.generic': {} },
    IPv4Data: [{ AddressSpace: 'portolan', Pool: pool.Pool, Gateway: gateway.Address }],
    IPv6Data: [],
  })
  const { Address } = await call('/IpamDriver.RequestAddress', { PoolID })
  await call('/NetworkDriver.CreateEndpoint', { ...endpoint, Interface: { Address }, ...ports })
  const joined = await call('/NetworkDriver.Join', { ...endpoint, ...ports })
  await call('/NetworkDriver.ProgramExternalConnectivity', { ...endpoint, ...ports })
  await call('/NetworkDriver.RevokeExternalConnectivity', endpoint)
  await call('/NetworkDriver.Leave', endpoint)
  await call('/NetworkDriver.DeleteEndpoint', endpoint)
  const plain = (address: unknown): string => String(address).split('/')[0] ?? ''
  await call('/IpamDriver.ReleaseAddress', { PoolID, Address: plain(Address) })
  await call('/IpamDriver.ReleaseAddress', { PoolID, Address: plain(gateway.Address) })
  await call('/IpamDriver.ReleasePool', { PoolID })
  await call('/NetworkDriver.DeleteNetwork', { NetworkID })
  return { pool: pool.Pool, gateway: gateway.Address, address: Address, joined }
}

/**
 * Starts the plugin, which is to be killed before the step of this number. When it is killed during its start, it is
 * started again.
 */
const startToBeKilled = async (plugin: DockerPlugin, first: number): Promise<number> => {
  for (let step = first; ; step += 1) {
    try {
      await plugin.start({ NODE_OPTIONS: `--import=${preload}`, KILL_BEFORE: String(step) })
      return step
    } catch {
      expect(await plugin.ended()).not.toBe(0)
    }
  }
}

/** Each life of a container begins with another kill, so its later kills come at other places. */
const firstSteps = Array.from({ length: Number(process.env.PORTOLAN_KILLS ?? 1) }, (_, at) => at + 1)

export const killed = (open: OpenLab, backend: Backend): void => {
  test('a plugin that is killed during calls and during its start serves the repeated calls of dockerd and leaves nothing', async () => {
    const lab = await open()
    const plugin = await startDockerPlugin(lab, backend)
    await plugin.stop()
    const before = await takeSnapshot(lab.host)
    await plugin.start()
    const resultWithoutKills = await lifeOfContainer(
      async (path, body) => (await plugin.call(path, body))?.body ?? {},
    )
    await plugin.stop()
    let kills = 0
    for (const first of firstSteps) {
      let step = await startToBeKilled(plugin, first)
      const result = await lifeOfContainer(async (path, body) => {
        for (let sent: unknown = body; ; sent = '') {
          const answer = await plugin.call(path, sent)
          if (answer !== null) {
            expect({ path, kills, answer }).toEqual({
              path,
              kills,
              answer: { status: 200, body: expect.not.objectContaining({ Err: expect.anything() }) },
            })
            return answer.body
          }
          kills += 1
          // The killed plugin has read the body already: dockerd repeats the request without it.
          step = await startToBeKilled(plugin, step + 1)
        }
      })
      // With a leaked address or subnet, this life would have got another one.
      expect(result).toEqual(resultWithoutKills)
      await plugin.stop()
    }
    expect(kills).toBeGreaterThan(7)
    // Forwarding stays on until everything of Portolan is removed.
    expect(await lab.portolan(['destroy', '--all', '--yes'])).toMatchObject({ exitCode: 0 })
    expect(await takeSnapshot(lab.host)).toEqual(before)
  }, 300_000)
}
