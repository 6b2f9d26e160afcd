import { expect, test } from '@jest/globals'
import { shippedUnit } from '../../lab/neighbour/systemd.ts'
import { cleanStop, configFile, type Here, killAndWait, stopped } from './here.ts'

const unit = 'portolan-cluster.service'

/** The unit that keeps a host in its cluster. */
export const cluster = (opened: () => Here): void => {
  test('a host has its block of the cluster once the unit is active, and keeps it when the unit is killed', async () => {
    const here = opened()
    const { systemd, etcd } = here
    await systemd.write(configFile, `cluster: etcd://${etcd.inside}/prod\n`)
    await systemd.mustRun(['portolan', 'cluster', 'init', '--pool', '10.64.0.0/12:24'])
    await systemd.install(unit, shippedUnit(unit))
    const blocks = async (): Promise<readonly object[]> =>
      JSON.parse(await systemd.mustRun(['portolan', 'cluster', 'status', '--json'])).own
    await systemd.mustRun(['systemctl', 'start', unit])
    const before = await blocks()
    expect(before).toHaveLength(1)
    await killAndWait(here, unit)
    expect(await blocks()).toEqual(before)
    expect(await stopped(here, unit)).toEqual(cleanStop)
    await systemd.mustRun(['rm', configFile])
  })
}
