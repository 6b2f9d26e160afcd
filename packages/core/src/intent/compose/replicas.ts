import { type Reading, readInteger } from './reading.ts'
import { asMap, get, getGiven, type MapTree, refuse } from './tree.ts'
import { noteUnknownKeys } from './unknown-keys.ts'

const most = 65535

/** The number of containers of a service: `scale` or `deploy.replicas`, which must not disagree (compose-go). */
export const readReplicas = (reading: Reading, service: MapTree, what: string): number => {
  const scaleTree = getGiven(service, 'scale', what)
  const scale = readInteger(reading, scaleTree, `${what}.scale`, [0, most])
  const deploy = asMap(get(service, 'deploy'), `${what}.deploy`)
  noteUnknownKeys(reading, deploy, 'deploy', `${what}.deploy`)
  const replicas = readInteger(
    reading,
    getGiven(deploy, 'replicas', `${what}.deploy`),
    `${what}.deploy.replicas`,
    [0, most],
  )
  if (scaleTree !== null && scale !== null && replicas !== null && scale !== replicas)
    refuse(
      scaleTree.place,
      `${what}: \`scale\` is ${scale} and \`deploy.replicas\` is ${replicas}: keep one of them`,
    )
  return scale ?? replicas ?? 1
}
