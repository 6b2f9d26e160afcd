import { expect, test } from '@jest/globals'
import { fromJson } from '../../from-json.ts'
import type { Backend } from '../../lab/backend.ts'
import type { Lab } from '../../lab/lab.ts'
import { addresses } from '../../lab/topology.ts'
import { bareMachine } from '../attach/in-namespace.ts'
import type { OpenLab } from '../lifecycle/describe-lifecycle.ts'
import { type Json, pluginIn, ports, sandboxOf } from './plugin.ts'

const addressesIn = ({ ips }: Json): readonly string[] =>
  (ips as readonly { readonly address: string }[]).map(({ address }) => address.split('/')[0] ?? '')

/** Expects that nothing of the plugin's is left. */
const expectDestroyed = async (lab: Lab): Promise<void> =>
  expect(await lab.portolan(['destroy', '-p', 'cni', '--yes'])).toMatchObject({ exitCode: 0 })

/** The state directory is lost while containers run. */
export const lostState = (open: OpenLab, backend: Backend): void => {
  test('running containers keep their addresses and ports, no other container gets them, and DEL, ADD and CHECK work', async () => {
    const lab = await open()
    const plugin = pluginIn(lab, backend)
    const loseState = () => lab.host.mustRun(['sh', '-c', 'rm -rf /var/lib/portolan/*'])
    const published = ports({ hostPort: 8080, containerPort: 80, protocol: 'tcp' })
    const [one, two, three] = [
      await bareMachine(lab, 'pod-1'),
      await bareMachine(lab, 'pod-2'),
      await bareMachine(lab, 'pod-3'),
    ]
    const result = await plugin.must('ADD', sandboxOf(one), published)
    const second = await plugin.must('ADD', sandboxOf(two))
    const expectServed = async (): Promise<void> => {
      for (const family of ['ip', 'ip6'] as const)
        expect(
          await lab.client.reach({ protocol: 'tcp', destination: addresses[family].host, port: 8080 }),
        ).toMatchObject({ by: 'pod-1' })
    }
    await expectServed()
    await loseState()
    // The first call restores all of it.
    await plugin.must('DEL', sandboxOf(two))
    expect(await two.mustRun(['ip', '-o', 'link'])).not.toContain('eth0')
    await expectServed()
    await plugin.must('CHECK', sandboxOf(one), { ...published, prevResult: result })
    await loseState()
    const third = await plugin.must('ADD', sandboxOf(three))
    expect(addressesIn(third)).toEqual(addressesIn(second))
    await expectServed()
    const [own = ''] = addressesIn(result)
    expect(await three.reach({ protocol: 'tcp', destination: own, port: 80 })).toMatchObject({ by: 'pod-1' })
    const taken = await plugin.refused('ADD', sandboxOf(two), { args: { cni: { ips: [own] } } })
    expect(taken).toMatchObject({ msg: expect.stringContaining(own) })
    await loseState()
    await plugin.must('DEL', sandboxOf(one))
    await plugin.must('DEL', sandboxOf(three))
    await loseState()
    await plugin.must('DEL', sandboxOf(three))
    await expectDestroyed(lab)
    const left = 'ip -d link show | grep -F portolan; nft list tables | grep -F portolan; true'
    expect(await lab.host.mustRun(['sh', '-c', left])).toBe('')
  })

  test('the first call removes the port of a container that has ended meanwhile, and another container can get it', async () => {
    const lab = await open()
    const plugin = pluginIn(lab, backend)
    const published = (hostPort: number) => ports({ hostPort, containerPort: 80, protocol: 'tcp' })
    const [one, two] = [await bareMachine(lab, 'pod-1'), await bareMachine(lab, 'pod-2')]
    await plugin.must('ADD', sandboxOf(one), published(8080))
    await plugin.must('ADD', sandboxOf(two), published(8081))
    await lab.host.mustRun(['sh', '-c', 'rm -rf /var/lib/portolan/*'])
    await one.mustRun(['ip', 'link', 'delete', 'eth0'])
    await plugin.must('DEL', sandboxOf(one))
    const port = (number: number) =>
      lab.client.reach({ protocol: 'tcp', destination: addresses.ip.host, port: number })
    expect(await port(8081)).toMatchObject({ by: 'pod-2' })
    const { stdout } = await lab.portolan(['status', '-p', 'cni', '--json'])
    expect(JSON.stringify(fromJson(stdout))).not.toContain('8080')
    await plugin.must('ADD', sandboxOf(one), published(8080))
    expect(await port(8080)).toMatchObject({ by: 'pod-1' })
    for (const each of [one, two]) await plugin.must('DEL', sandboxOf(each))
    await expectDestroyed(lab)
  })

  test('calls are refused while a container whose namespace cannot be found is on a bridge, with the command that removes it', async () => {
    const lab = await open()
    const plugin = pluginIn(lab, backend)
    // No process is in this namespace, and its file is in no engine's folder.
    await lab.host.mustRun(['sh', '-c', 'touch /run/lab/hidden; unshare --net=/run/lab/hidden true'])
    await plugin.must('ADD', { id: 'hidden', netns: '/run/lab/hidden' })
    const state = (): Promise<string> =>
      lab.host.mustRun(['sh', '-c', 'ip -o link | grep -oE "(br|ve)-[^@:]+"'])
    const before = await state()
    await lab.host.mustRun(['sh', '-c', 'rm -rf /var/lib/portolan/*'])
    const one = await bareMachine(lab, 'pod-1')
    const refused = await plugin.refused('ADD', sandboxOf(one), { name: 'others' })
    const [, command] =
      /with "(ip link delete ve-\S+)"/.exec(JSON.stringify(refused).replaceAll('\\', '')) ?? []
    expect(refused).toMatchObject({
      msg: expect.stringContaining('the record of network pods is lost'),
    })
    expect(await state()).toBe(before)
    await lab.host.mustRun(['sh', '-c', command ?? 'false'])
    await plugin.must('ADD', sandboxOf(one), { name: 'others' })
    await plugin.must('DEL', sandboxOf(one), { name: 'others' })
    await lab.host.mustRun(['umount', '/run/lab/hidden'])
    await expectDestroyed(lab)
  })

  test('a network that a plan has made is left alone, and an ADD with its project name is refused', async () => {
    const lab = await open()
    const plugin = pluginIn(lab, backend)
    const file = await lab.write(
      'cni.yaml',
      'name: cni\nservices:\n  web:\n    networks: [front]\n    ports: ["8090:80"]\nnetworks:\n  front: {}\n',
    )
    expect(await lab.portolan(['apply', '-f', file, '--backend', backend, '--yes'])).toMatchObject({
      exitCode: 0,
    })
    const one = await bareMachine(lab, 'pod-1')
    expect(await plugin.refused('ADD', sandboxOf(one))).toMatchObject({
      msg: expect.stringContaining('was made by a plan'),
    })
    await expectDestroyed(lab)
  })
}
