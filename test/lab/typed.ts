import { shellWord } from '@portolan/netfilter'
import type { CommandOutcome, Lab } from './lab.ts'

/** Where programs of the host are that a lab puts there; before all others on the path of what is typed. */
export const ownPrograms = '/run/lab/bin'

/**
 * Runs a command line as a person would after copying it to a terminal of the host: `portolan` is on the path, and
 * its question is answered with yes. A terminal has one stream, which is `stdout`.
 */
export const typed = async ({ host, command }: Lab, line: string): Promise<CommandOutcome> => {
  await host.mustRun(['mkdir', '-p', ownPrograms])
  await host.writeText(
    `${ownPrograms}/portolan`,
    `#!/bin/sh\nexec ${command.map(shellWord).join(' ')} "$@"\n`,
  )
  await host.mustRun(['chmod', '+x', `${ownPrograms}/portolan`])
  return host.run(['script', '-qec', line, '/dev/null'], {
    input: 'y\n',
    environment: { PATH: `${ownPrograms}:${process.env.PATH}`, NO_COLOR: '1', NODE_OPTIONS: undefined },
  })
}
