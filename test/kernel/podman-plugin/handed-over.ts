import { fileURLToPath } from 'node:url'
import { expect, test } from '@jest/globals'
import type { Lab } from '../../lab/lab.ts'
import type { Running } from '../../lab/run.ts'
import { addresses } from '../../lab/topology.ts'
import { until } from '../../lab/until.ts'
import { bareMachine } from '../attach/in-namespace.ts'
import { pluginIn, sandboxOf } from '../cni/plugin.ts'
import { asked, callsIn, containerOn, namespaceOf } from './calls.ts'
import { leftOn } from './network.ts'

const preload = fileURLToPath(new URL('../../lab/kill-before.mjs', import.meta.url))

/** Kills a process before a step of its own. A call that succeeds all the same was done by the watch. */
const killedBefore = (step: number): Readonly<Record<string, string>> => ({
  NODE_OPTIONS: `--import=${preload}`,
  KILL_BEFORE: String(step),
})

const sockets = 'ls /run/portolan/plugins 2>/dev/null || true'

/** The socket file of a killed watch stays until the next watch starts, so this asks for listening sockets. */
const listening = 'ss -Hxl | grep -F /run/portolan/plugins || true'

/** Prints the processes that serve calls on this host. */
const servers = `for p in $(pgrep -f 'serve-plugins[.]cjs'); do
  [ "$(readlink /proc/$p/ns/net)" = "$(readlink /proc/self/ns/net)" ] && echo $p; done; true`

const untilPrinted = async (
  lab: Lab,
  script: string,
  isIt: (text: string) => boolean,
  beside?: Running,
): Promise<void> => {
  const printed = (): Promise<string> => lab.host.mustRun(['sh', '-c', script])
  await until(`another answer of ${script}`, async () => isIt(await printed()), { beside, shows: printed })
}

const startWatch = async (lab: Lab, environment: Readonly<Record<string, string>> = {}): Promise<Running> => {
  const running = lab.host.start([...lab.command, 'watch', '-p', 'podman'], {
    environment,
    timeoutMs: 300_000,
  })
  lab.use({ [Symbol.asyncDispose]: async () => running.kill('SIGKILL') })
  await untilPrinted(lab, listening, (text) => text !== '', running)
  return running
}

export const handedOver = (open: () => Promise<Lab>): void => {
  test('a watch carries out the calls of plugins, and a plugin carries out a call that the watch does not finish', async () => {
    const lab = await open()
    const plugin = callsIn(lab)
    const web = await plugin.must(['create'], asked('web'))
    const [one, two, three] = [
      await bareMachine(lab, 'pod-1'),
      await bareMachine(lab, 'pod-2'),
      await bareMachine(lab, 'pod-3'),
    ]
    const first = containerOn(web, one)
    const second = {
      ...containerOn(web, two),
      port_mappings: [{ host_ip: '', container_port: 80, host_port: 8081, range: 1, protocol: 'tcp' }],
    }
    await plugin.must(['setup', namespaceOf(one)], first)
    const watch = await startWatch(lab)
    const done = await plugin.call(['setup', namespaceOf(two)], second, killedBefore(1))
    expect(done).toMatchObject({ exitCode: 0, stderr: '', stdout: expect.stringContaining('172.17.') })
    expect(
      await lab.client.reach({ protocol: 'tcp', destination: addresses.ip.host, port: 8081 }),
    ).toMatchObject({ by: 'pod-2' })
    // The same process serves the CNI plugin too.
    const cni = pluginIn(lab, 'nftables')
    const added = await cni.call('ADD', sandboxOf(three), cni.config(), killedBefore(1))
    expect(added).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('10.0.') })
    await cni.must('DEL', sandboxOf(three))
    // A refusal passes through the watch like any answer.
    expect(
      await plugin.refused(['setup', namespaceOf(three)], { ...second, network: asked('none') }),
    ).toContain('none')

    watch.kill('SIGKILL')
    await untilPrinted(lab, servers, (text) => text === '')
    const dying = await startWatch(lab, killedBefore(4))
    await plugin.must(['teardown', namespaceOf(two)], second)
    expect(await two.mustRun(['ip', '-o', 'link'])).not.toContain('eth0')
    await plugin.must(['teardown', namespaceOf(one)], first)
    // The serving process was killed each time, but not the watch.
    await untilPrinted(lab, servers, (text) => text === '')
    dying.kill('SIGTERM')
    expect(await dying.outcome).toEqual({
      exitCode: 0,
      stdout: expect.any(String),
      stderr: expect.any(String),
    })
    await untilPrinted(lab, `${sockets}; ${servers}`, (text) => text === '')
    expect(await lab.portolan(['destroy', '--all', '--yes'])).toMatchObject({ exitCode: 0 })
    expect(await leftOn(lab)).toBe('')
  }, 120_000)
}
