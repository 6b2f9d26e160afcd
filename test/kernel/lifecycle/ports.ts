import { fileURLToPath } from 'node:url'
import { expect, test } from '@jest/globals'
import { fromJson } from '../../from-json.ts'
import { attach, bridgeOf } from '../../lab/attach.ts'
import type { Backend } from '../../lab/backend.ts'
import type { Lab } from '../../lab/lab.ts'
import { importOpenHost } from '../../lab/library/library.ts'
import type { Machine } from '../../lab/machine.ts'
import { addresses } from '../../lab/topology.ts'
import type { OpenLab } from './describe-lifecycle.ts'
import { pilotOf, shop } from './pilot.ts'

const repository = fileURLToPath(new URL('../../..', import.meta.url))

const hairpinOf = async (lab: Lab, port: string): Promise<boolean> => {
  const links = fromJson<
    readonly {
      readonly hairpin?: boolean
    }[]
  >(await lab.host.mustRun(['bridge', '-j', '-d', 'link', 'show', 'dev', port]))
  return links[0]?.hairpin === true
}

const probeOwnPort = (machine: Machine) =>
  machine.probe({ protocol: 'tcp', destination: addresses.ip.host, port: 8080, timeoutMs: 1500 })

/** Another program attaches ports to Portolan's bridges, after the bridge was made. */
export const bridgePorts = (open: OpenLab, backend: Backend): void => {
  test('the next apply turns on hairpin mode for a container that was attached without it', async () => {
    const lab = await open({ bridgeNf: 1 })
    const pilot = pilotOf(lab, backend)
    const planned = await pilot.applied(shop())
    const nginx = await attach(lab, planned, 'nginx', { hairpin: false })
    expect(await probeOwnPort(nginx)).toMatchObject({ delivered: false })
    const plan = await pilot.plan(shop())
    expect(plan.exitCode).toBe(2)
    expect(
      plan.changes.every(({ object, description }) => `${object} ${description}`.includes(nginx.port)),
    ).toBe(true)
    await pilot.apply(shop())
    expect(await hairpinOf(lab, nginx.port)).toBe(true)
    expect(await probeOwnPort(nginx)).toMatchObject({ delivered: true, by: 'nginx' })
    expect((await pilot.plan(shop())).changes).toEqual([])
  })

  test('attachPort makes an interface a port of the bridge, sets its modes and brings it up', async () => {
    const lab = await open({ bridgeNf: 1 })
    const pilot = pilotOf(lab, backend)
    const planned = await pilot.applied(shop())
    const nginx = await attach(lab, planned, 'nginx', { hairpin: false })
    await lab.host.ip(`link set ${nginx.port} nomaster down`)
    const script = `
      ${importOpenHost}
      const host = await openHost({ backend: '${backend}', state: '/run/lab/state' })
      await host.attachPort('${nginx.port}', 'web')
      await host[Symbol.asyncDispose]()`
    const { exitCode, stderr } = await lab.host.run([
      'env',
      '-C',
      repository,
      process.execPath,
      '--input-type=module',
      '--eval',
      script,
    ])
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
    const [link] = fromJson<[{ readonly master?: string; readonly flags: readonly string[] }]>(
      await lab.host.mustRun(['ip', '-j', 'link', 'show', nginx.port]),
    )
    expect(link.master).toBe(await bridgeOf(lab, 'web'))
    expect(link.flags).toContain('UP')
    expect(await hairpinOf(lab, nginx.port)).toBe(true)
    expect(await probeOwnPort(nginx)).toMatchObject({ delivered: true, by: 'nginx' })
    expect((await pilot.plan(shop())).changes).toEqual([])
  })
}
