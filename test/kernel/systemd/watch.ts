import { expect, test } from '@jest/globals'
import { shippedUnit } from '../../lab/neighbour/systemd.ts'
import { until } from '../../lab/until.ts'
import {
  answer,
  cleanStop,
  composeFile,
  type Here,
  killAndWait,
  plugWeb,
  rules,
  shop,
  stopped,
  watchUnit,
} from './here.ts'

/** The unit that watches a project. */
export const watch = (opened: () => Here): void => {
  test('a unit that is ordered after a watch starts once the rules of the project are there', async () => {
    const { systemd, lab } = opened()
    await systemd.write(composeFile, shop(8080))
    await systemd.install('portolan-watch@.service', shippedUnit('portolan-watch@.service'))
    await systemd.install(`${watchUnit}.d/compose.conf`, shippedUnit('compose.conf.example'))
    // Takes the place of dockerd, which the unit names in Before=.
    await systemd.install(
      'docker.service',
      '[Service]\nType=oneshot\nExecStart=sh -c "nft list map inet portolan dnat4 >/run/lab/seen"\n',
    )
    // One transaction starts both, as at boot.
    await systemd.install('boot.target', `[Unit]\nWants=docker.service ${watchUnit}\nAfter=docker.service\n`)
    await systemd.mustRun(['systemctl', 'start', 'boot.target'])
    expect(await lab.host.readText('/run/lab/seen')).toContain('8080')
    expect(await systemd.show(watchUnit, 'ActiveState', 'SubState')).toEqual({
      ActiveState: 'active',
      SubState: 'running',
    })
    await plugWeb(lab)
    expect(await answer(opened(), 8080)).toBe('web')
  })

  test('a watch has the namespaces and capabilities of the host', async () => {
    const { systemd } = opened()
    const { MainPID } = await systemd.show(watchUnit, 'MainPID')
    const of = (pid: string): Promise<string> =>
      systemd.mustRun([
        'sh',
        '-c',
        'cd /proc/$1 && readlink ns/mnt ns/net ns/user && grep -E "^(Cap(Eff|Bnd)|NoNewPrivs|Seccomp):" status',
        'sh',
        pid,
      ])
    expect(await of(MainPID)).toBe(await of('1'))
  })

  test('a killed watch is started again, and the traffic of its project goes on meanwhile', async () => {
    const here = opened()
    const before = await rules(here)
    await killAndWait(here, watchUnit, async () => {
      expect(await answer(here, 8080)).toBe('web')
      expect(await rules(here)).toBe(before)
    })
    expect(await answer(here, 8080)).toBe('web')
    expect(await rules(here)).toBe(before)
  })

  test('systemctl reload applies the edited file', async () => {
    const here = opened()
    await here.systemd.write(composeFile, shop(8080, 9090))
    await here.systemd.mustRun(['systemctl', 'reload', watchUnit])
    // systemd does not wait for the effect of a signal.
    await until('port 9090', async () => (await rules(here)).includes('9090'), { shows: () => rules(here) })
    for (const port of [8080, 9090]) expect(await answer(here, port)).toBe('web')
  })

  test('a stop of a watch is clean, and leaves the rules', async () => {
    const here = opened()
    expect(await stopped(here, watchUnit)).toEqual(cleanStop)
    expect(await answer(here, 9090)).toBe('web')
  })
}
