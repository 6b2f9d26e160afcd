/**
 * The JSON Schemas that ship with the command and follow from what it checks itself.
 *
 * Started by hand, after a build, it writes them: npm run json-schemas. A test holds the files to the sources.
 */
import { realpathSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { hostFactsSchema, packetSchema } from '@portolan/netfilter/schema'
import { toJsonSchema } from '@valibot/to-json-schema'

/** Without what JSON Schema has no words for: those are in the descriptions. */
const written = (schema, title) => ({
  title,
  ...toJsonSchema(schema, {
    errorMode: 'ignore',
    // Each object is first held to be no list, which "object" of JSON Schema says too.
    overrideSchema: ({ valibotSchema }) => (valibotSchema.type === 'custom' ? {} : undefined),
  }),
})

/** By file name. */
export const jsonSchemas = () => ({
  'host-facts.json': written(
    hostFactsSchema,
    'Facts of a host, as `portolan inspect` prints them and --host reads them',
  ),
  'packet.json': written(packetSchema, 'A packet, as `portolan evaluate` reads one from each line'),
})

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === import.meta.filename) {
  const folder = join(import.meta.dirname, '../packages/portolan/schema')
  for (const [name, schema] of Object.entries(jsonSchemas()))
    await writeFile(join(folder, name), `${JSON.stringify(schema, null, 2)}\n`)
}
