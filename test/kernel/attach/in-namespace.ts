import type { Lab } from '../../lab/lab.ts'
import { createMachine, type Machine } from '../../lab/machine.ts'

/** A process in a network namespace of its own, with services, and no interface but loopback. */
export const bareMachine = async (lab: Lab, name: string): Promise<Machine> => {
  const machine = lab.use(await createMachine(name))
  await machine.listen({ protocol: 'tcp', port: 80 }, { protocol: 'udp', port: 53 })
  return machine
}
