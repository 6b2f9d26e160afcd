import { expect, test } from '@jest/globals'
import { heavy, mostCells } from '../../packages/core/src/conflict/search/follow/explore.ts'
import { mostCellsOfAll } from '../../packages/core/src/conflict/search/members/seeker.ts'
import { MOST_SIDE_ENTRIES } from '../../packages/core/src/conflict/search/rows/surroundings.ts'
import { mostParts } from '../../packages/core/src/intent/compose/anchors.ts'
import { longestChain as mostExtends } from '../../packages/core/src/intent/compose/extends.ts'
import { longestChain as mostIncludes } from '../../packages/core/src/intent/compose/include.ts'
import { mostCharacters, mostFiles } from '../../packages/core/src/intent/compose/loading.ts'
import { most as mostReplicas } from '../../packages/core/src/intent/compose/services.ts'
import {
  deepestYaml,
  longestYaml,
  mostYamlDocuments,
  mostYamlTokens,
} from '../../packages/core/src/intent/compose/yaml-documents.ts'
import { longestWhole } from '../../packages/core/src/intent/dotenv.ts'
import { longestText } from '../../packages/core/src/intent/interpolate.ts'
import { mostPorts, mostSources } from '../../packages/core/src/resolve/check-port-count.ts'
import { BESIDE_MS } from '../../packages/etcd/src/etcd-servers.ts'
import { mostStoreBytes } from '../../packages/host/src/engines/docker-store.ts'
import { mostBytes as mostFileBytes } from '../../packages/host/src/engines/engine-file.ts'
import { mostBytes as mostLeaseBytes } from '../../packages/host/src/engines/podman-leases.ts'
import { mostBytes as mostStaticBytes } from '../../packages/host/src/engines/podman-statics.ts'
import { deepestJson, mostBrackets } from '../../packages/netfilter/src/error/json-nesting.ts'
import { MOST_STRETCHES } from '../../packages/netfilter/src/evaluate/route/route-classes.ts'
import { longestLine } from '../../packages/portolan/src/command/commands/evaluate.ts'
import { mostBytes } from '../../packages/portolan/src/command/sources/read-text.ts'
import { mostBytes as mostConfigBytes } from '../../packages/portolan/src/config/read-config.ts'
import { MOST_BODY_BYTES } from '../../packages/portolan/src/docker/serve/serve-plugin.ts'
import { PAUSE_MS } from '../../packages/portolan/src/stored-intent/follow-key.ts'
import { LOOK_MS } from '../../packages/portolan/src/watch/watch-project.ts'
import { textOf } from './markdown/pages.ts'

const mib = (bytes: number): string => `${bytes / 2 ** 20} MiB`
const count = (number: number): string => number.toLocaleString('en-US')
const seconds = (ms: number): string => `${ms / 1000} s`

/** The sentences of the pages that have a figure of the code, each with the figure as the code has it now. */
const figures: Readonly<Record<string, readonly string[]>> = {
  'docs/what-is-read.md': [
    `| a Compose file | ${mib(longestYaml)}, ${count(mostYamlTokens)} words and signs, ${count(mostYamlDocuments)} documents, ${deepestYaml} levels (${2 * deepestYaml} with aliases unfolded), ${count(mostParts)} parts with aliases unfolded, ${mostExtends} services that extend one another, ${mostIncludes} files that include one another; ${count(mostFiles)} files and ${mib(mostCharacters)} brought in by \`include\` and \`extends\`, ${count(mostFiles)} entries of \`include\` in all of them |`,
    `| \`.env\` | ${mib(mostBytes.variables)}; ${count(longestText)} characters for a value with its variables replaced, ${mib(longestWhole)} for all |`,
    `| a project | ${count(mostPorts)} published ports, ${count(mostReplicas)} replicas on networks, ${count(mostSources)} sources in \`allow_from\``,
    `| a line for \`evaluate\` | ${count(longestLine)} characters`,
    `| \`config.yaml\` | ${mib(mostConfigBytes)}; the other bounds of a Compose file |`,
    `| \`--host\`, and the rules of another host | ${mib(mostBytes.facts)}; JSON of ${deepestJson} levels and ${count(mostBrackets)} lists and objects |`,
    `| a call of dockerd (\`portolan docker-plugin\`) | ${mib(MOST_BODY_BYTES)}; JSON as above |`,
    `| other engines' files | ${mib(mostFileBytes)} each, their databases ${mib(mostStoreBytes)};`,
  ],
  'docs/what-the-search-covers.md': [
    `those of default routes, and ${MOST_SIDE_ENTRIES} more.`,
    `does not change more than ${count(MOST_STRETCHES)} times from address to address`,
    `up to ${mostCells.mapping} for a row of a mapping, and ${mostCells.network} for a row of a network.`,
    `a packet that depends on more than ${heavy.conditions} conditions counts as ${heavy.count}.`,
    `For all rows together up to ${count(mostCellsOfAll)};`,
  ],
  'docs/blocks-of-a-cluster.md': [
    `If a request only reads, Portolan asks the next server too after ${seconds(BESIDE_MS)}`,
  ],
  'docs/embed-in-an-orchestrator.md': [`The watch also checks the host every ${seconds(LOOK_MS)}.`],
  'docs/one-text-for-many-hosts.md': [
    `The watch checks every ${seconds(PAUSE_MS)} whether the conflict is gone`,
  ],
}

test.each(Object.entries(figures))('%s has the figures of the code', (page, sentences) => {
  const text = textOf(page)
  expect(sentences.filter((sentence) => !text.includes(sentence))).toEqual([])
})

test('what has one bound in the pages has one in the code', () => {
  expect(mostBytes).toMatchObject({ compose: longestYaml, rules: mostBytes.facts })
  expect([mostLeaseBytes, mostStaticBytes]).toEqual([mostStoreBytes, mostStoreBytes])
})
