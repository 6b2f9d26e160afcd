import { readFile } from 'node:fs/promises'
import type { Lab } from '../../lab.ts'
import type { EngineRoom } from '../engine-room.ts'

const program = '/usr/bin/firewall-cmd'
const place = '/run/lab/firewall-cmd'

const textOf = (name: string): Promise<string> => readFile(new URL(name, import.meta.url), 'utf8')

const served = new WeakMap<Lab, Promise<unknown>>()

const serve = async (lab: Lab, room: EngineRoom): Promise<void> => {
  await lab.write('firewall-cmd-server', await textOf('server.py'))
  await lab.write('firewall-cmd', await textOf('client.py'))
  await lab.host.mustRun(['cp', program, `${place}.installed`])
  const words = ['/usr/bin/python3', `${place}-server`, `${place}.installed`, `${place}.socket`]
  await room.daemon('firewall-cmd', words, async () => room.hasSocket(`${place}.socket`))
  await lab.host.mustRun(['sh', '-ec', `chmod 755 ${place}; mount --bind ${place} ${program}`])
  await room.mustRun(['mount', '--bind', place, program])
}

/** Replaces `firewall-cmd` on a host by a client of a process that has loaded the installed program: see server.py. */
export const serveFirewallCmd = (lab: Lab, room: EngineRoom): Promise<unknown> => {
  const serving = served.get(lab) ?? serve(lab, room)
  served.set(lab, serving)
  return serving
}
