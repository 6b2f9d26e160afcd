import { type Backend, destroy, openHost } from 'portolan'
import { applyPorts, newState } from '../live-host.ts'
import { firstPort, target } from '../mappings.ts'
import { hostPorts } from './engine.ts'

// Run in its own process, in the namespace of a host. It prints the name of the bridge, and the time of the last of
// some rounds. So it stands for a running program that has done this before. The result of the last round stays on the
// host.
const [way = '', backend = '', ports = '', before = ''] = process.argv.slice(2)

const project = 'bench'

const timed = async (run: () => Promise<unknown>): Promise<number> => {
  const start = process.hrtime.bigint()
  await run()
  return Number(process.hrtime.bigint() - start) / 1e6
}

const useApply = async (): Promise<readonly [string, number]> => {
  for (let round = 0; round < Number(before); round += 1) {
    const stateDirectory = newState()
    await applyPorts(Number(ports), backend as Backend, stateDirectory)
    await destroy({ project, stateDirectory })
  }
  let bridge = ''
  const milliseconds = await timed(async () => {
    bridge = await applyPorts(Number(ports), backend as Backend)
  })
  return [bridge, milliseconds]
}

const usePublish = async (): Promise<readonly [string, number]> => {
  const bridge = await applyPorts(0, backend as Backend)
  const sockets = hostPorts(firstPort, Number(ports)).map((hostPort) => ({ hostPort }))
  const requests = sockets.map((socket) => ({ ...socket, to: target }))
  await using host = await openHost({ backend: backend as Backend, state: newState() })
  for (let round = 0; round < Number(before); round += 1) {
    await host.publish(requests)
    await host.unpublish(sockets)
    await host.settled()
  }
  return [bridge, await timed(() => host.publish(requests))]
}

process.stdout.write(JSON.stringify(await (way === 'apply' ? useApply() : usePublish())))
