import { visibleLine } from '@portolan/netfilter'
import { networksOf, openFor, projectOfEndpoint } from '../attached-project.ts'
import type { CommandContext } from '../command.ts'
import { type ExitCode, exitCode } from '../exit-code.ts'
import { jsonText } from '../json-text.ts'

/** `portolan detach`: an endpoint off its networks. */
export const run = async ({ options, positionals, terminal }: CommandContext): Promise<ExitCode> => {
  const [endpoint = ''] = positionals
  const project = await projectOfEndpoint(options, endpoint)
  if (project !== null) {
    const keepLease = options['keep-leases'] === true
    const { host, isLive } = await openFor(project, options)
    try {
      if (isLive) await host.detach(endpoint, { keepLease })
      else
        for (const network of await networksOf(options, project, endpoint))
          await host.detach(endpoint, { network: `${project}/${network}`, keepLease })
    } finally {
      await host.close()
    }
  }
  if (options.json === true) terminal.print(jsonText({ endpoint, project }))
  else
    terminal.print(
      project === null
        ? `Nothing of ${visibleLine(endpoint)} is on this host.`
        : `${visibleLine(endpoint)} is off the networks of project ${visibleLine(project)}.`,
    )
  return exitCode.ok
}
