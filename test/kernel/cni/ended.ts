import { expect, test } from '@jest/globals'
import type { Backend } from '../../lab/backend.ts'
import { addresses } from '../../lab/topology.ts'
import { until } from '../../lab/until.ts'
import { bareMachine } from '../attach/in-namespace.ts'
import type { OpenLab } from '../lifecycle/describe-lifecycle.ts'
import { pluginIn, ports, sandboxOf } from './plugin.ts'

export const ended = (open: OpenLab, backend: Backend): void => {
  test('the next container gets the ports of a container that ended without DEL, but not those of a running one', async () => {
    const lab = await open()
    const plugin = pluginIn(lab, backend)
    const port8080 = ports({ hostPort: 8080, containerPort: 80, protocol: 'tcp' })
    const port8081 = ports({ hostPort: 8081, containerPort: 80, protocol: 'tcp' })
    const [running, next] = [await bareMachine(lab, 'pod-1'), await bareMachine(lab, 'pod-3')]
    const endedPod = { id: 'pod-2', netns: '/run/netns/pod-2' }
    const endedOnLoopback = { id: 'pod-4', netns: '/run/netns/pod-4' }
    for (const { id } of [endedPod, endedOnLoopback]) await lab.host.mustRun(['ip', 'netns', 'add', id])
    await plugin.must('ADD', sandboxOf(running), port8081)
    await plugin.must('ADD', endedPod, port8080)
    await plugin.must(
      'ADD',
      endedOnLoopback,
      ports({ hostPort: 8082, containerPort: 80, protocol: 'tcp', hostIP: '127.0.0.1' }),
    )
    for (const { id } of [endedPod, endedOnLoopback]) await lab.host.mustRun(['ip', 'netns', 'delete', id])
    await until('the end of the interfaces of pod-2 and pod-4', async () =>
      / ve-pod[24]e-/.test(await lab.host.mustRun(['ip', '-o', 'link'])) ? null : true,
    )
    expect(await plugin.refused('ADD', sandboxOf(next), port8081)).toMatchObject({
      msg: expect.stringContaining('0.0.0.0:8081/tcp is published already'),
    })
    const wantedPorts = ports(
      { hostPort: 8080, containerPort: 80, protocol: 'tcp' },
      { hostPort: 8082, containerPort: 80, protocol: 'tcp', hostIP: addresses.ip.host },
    )
    await plugin.must('ADD', sandboxOf(next), wantedPorts)
    const status = await lab.portolan(['status', '--project', 'cni'])
    expect(status.stdout).toContain('0.0.0.0:8080/tcp -> pod-3@eth0:80')
    expect(status.stdout).toContain('0.0.0.0:8081/tcp -> pod-1@eth0:80')
    // The same port at another address is another one: its container may be about to start again.
    expect(status.stdout).toContain('127.0.0.1:8082/tcp -> pod-4@eth0:80')
    // The late DEL takes nothing from the next container.
    await plugin.must('DEL', endedPod, port8080)
    expect((await lab.portolan(['status', '--project', 'cni'])).stdout).toContain('0.0.0.0:8080/tcp -> pod-3')
    await plugin.must('DEL', endedOnLoopback)
    for (const machine of [running, next]) await plugin.must('DEL', sandboxOf(machine))
  })

  test('the address of a container that ended without DEL stays leased until GC or detach, and a full subnet names it', async () => {
    const lab = await open()
    const plugin = pluginIn(lab, backend)
    const small = { subnet: '10.77.0.0/30', ipv6: false }
    const next = await bareMachine(lab, 'pod-3')
    const endedPod = { id: 'pod-2', netns: '/run/netns/pod-2' }
    const endWithoutDel = async (): Promise<void> => {
      await lab.host.mustRun(['ip', 'netns', 'add', endedPod.id])
      await plugin.must('ADD', endedPod, small)
      await lab.host.mustRun(['ip', 'netns', 'delete', endedPod.id])
      await until('the end of the interface of pod-2', async () =>
        / ve-pod2e-/.test(await lab.host.mustRun(['ip', '-o', 'link'])) ? null : true,
      )
    }
    await endWithoutDel()
    const errorOfFullSubnet = {
      msg: expect.stringContaining('10.77.0.0/30'),
      details: expect.stringContaining(
        'One attachment has an address and no interface on this host: pod-2@eth0. If the container has ended, DEL or GC',
      ),
    }
    expect(await plugin.refused('ADD', sandboxOf(next), small)).toMatchObject({
      code: 100,
      ...errorOfFullSubnet,
    })
    expect(await plugin.refused('STATUS', null, small)).toMatchObject({ code: 50, ...errorOfFullSubnet })
    expect(await lab.portolan(['detach', 'pod-2@eth0', '--project', 'cni'])).toMatchObject({ exitCode: 0 })
    await endWithoutDel()
    await plugin.must('GC', null, { ...small, 'cni.dev/valid-attachments': [] })
    await plugin.must('ADD', sandboxOf(next), small)
    await plugin.must('DEL', sandboxOf(next), small)
  })
}
