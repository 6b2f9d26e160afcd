import type { DesiredMapping, PublishedPort } from '@portolan/core'

/** A published port as the mapping that was requested. The rules do not tell the weights of a shared port. */
export const asMapping = (port: PublishedPort): DesiredMapping => {
  const [first = { address: '', port: 0 }, ...more] = port.targets.map((to) => ({
    ...to,
    service: to.address,
    replica: 1,
    network: '',
    weight: 1,
  }))
  const { project: _project, limited: _limited, ...socket } = port
  return {
    ...socket,
    kind: 'nat',
    allowFrom: null,
    targets: [{ service: '', replica: 1, network: '', weight: 1, ...first }, ...more],
  }
}
