import type { Lab } from '../../lab/lab.ts'
import type { Machine } from '../../lab/machine.ts'

/** A machine of the lab by its name in scenarios: one of the topology's, or a container. */
export const machineOf = (lab: Lab, name: string): Machine => {
  const found = { host: lab.host, client: lab.client, neighbour: lab.neighbour, outside: lab.outside }[name]
  const machine = found ?? lab.containers.get(name)
  if (machine === undefined) throw new Error(`the lab has no machine ${name}`)
  return machine
}
