import type { Lab } from '../../lab/lab.ts'
import { createMachine, type Machine } from '../../lab/machine.ts'
import { addresses } from '../../lab/topology.ts'

/** True: `calls.mjs` publishes this port for the client only. */
export const isRestricted = (port: number): boolean => port % 10 >= 7

/**
 * A container that has every address of 172.17.0.0/19, at the host's interface `v-every`. So it answers at port 80,
 * whichever address was leased.
 */
export const everyAddress = async (lab: Lab): Promise<Machine> => {
  const machine = lab.use(await createMachine('everyone'))
  await lab.host.ip(`link add v-every type veth peer name eth0 netns ${machine.pid}`, 'link set v-every up')
  await machine.ip(
    'link set eth0 up',
    'addr add 172.17.255.254/16 dev eth0',
    'route add local 172.17.0.0/19 dev lo',
    'route add default via 172.17.42.1',
  )
  await machine.listen({ protocol: 'tcp', port: 80 })
  return machine
}

const answersInPython = `
import select, socket, sys, time
def answers(address, ports, seconds):
    tries = {}
    for port in ports:
        one = socket.socket(); one.setblocking(False)
        one.connect_ex((address, port)); tries[one] = port
    end, found = time.monotonic() + seconds, []
    while tries and time.monotonic() < end:
        for one in select.select(list(tries), [], [], 0.05)[0]:
            try:
                if one.recv(1): found.append(tries[one])
            except OSError: pass
            one.close(); del tries[one]
    for one in tries: one.close()
    return found
`

/** An address, and ports at which a machine must get no answer. */
export interface ClosedPorts {
  readonly address: string
  readonly ports: readonly number[]
}

/** The restricted host ports among those that `calls.mjs` publishes. */
const closedPortsOfCalls: ClosedPorts = {
  address: addresses.ip.host,
  ports: [8007, 8008, 8009, 8017, 8018, 8019],
}

/**
 * Tries closed ports again and again, from a machine that may not reach them. `stop` returns the ports that answered.
 */
export const tryClosedPorts = (
  lab: Lab,
  from: Machine,
  closed: readonly ClosedPorts[] = [closedPortsOfCalls],
): { readonly stop: () => Promise<readonly string[]> } => {
  const running = from.start(
    [
      'python3',
      '-c',
      `${answersInPython}
import json
try:
    while True:
        for door in json.loads(sys.argv[1]):
            for port in answers(door['address'], door['ports'], 0.05): print(door['address'], port, flush=True)
        time.sleep(0.02)
except KeyboardInterrupt: print('ended')`,
      JSON.stringify(closed),
    ],
    { timeoutMs: 36e5 },
  )
  lab.use({ [Symbol.asyncDispose]: async () => running.kill('SIGKILL') })
  return {
    stop: async () => {
      running.kill('SIGINT')
      const { stdout, stderr } = await running.outcome
      if (!stdout.endsWith('ended\n'))
        throw new Error(`the program that tries closed ports ended too early: ${stderr}`)
      return stdout.split('\n').slice(0, -2)
    },
  }
}
