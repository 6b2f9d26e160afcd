import { expect, test } from '@jest/globals'
import { callDockerPlugin, pluginSocket } from '../../lab/neighbour/call-docker-plugin.ts'
import { answer, configFile, type Here, stopped, watchUnit } from './here.ts'

const units = [watchUnit, 'portolan-docker.service', 'portolan-cluster.service']

/** Errors that make the start of a unit fail for a while. */
export const startLimits = (opened: () => Here): void => {
  test('units start by themselves once an error in the configuration is corrected, after any number of failed starts', async () => {
    const here = opened()
    const { systemd, etcd, lab } = here
    await systemd.write(configFile, 'no-such-key: 1\n')
    await systemd.systemctl('start', '--no-block', ...units)
    // The waiting call makes systemd start the plugin again at once each time.
    const waiting = callDockerPlugin(`/proc/${lab.host.pid}/root${pluginSocket}`, '/Plugin.Activate', {})
    // systemd's default limit is five starts in ten seconds.
    await Promise.all(units.map((unit) => systemd.until(unit, { NRestarts: (times) => Number(times) > 5 })))
    await systemd.write(configFile, `cluster: etcd://${etcd.inside}/prod\n`)
    await Promise.all(units.map((unit) => systemd.until(unit, { ActiveState: 'active' })))
    expect(await waiting).toMatchObject({ status: 200 })
    expect(await answer(here, 9090)).toBe('web')
    for (const unit of units) await stopped(here, unit)
  })
}
