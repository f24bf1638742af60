/** Prints the id of the image that this process builds: `node print-image.ts <release>`. */
import { imageOf, releases } from './engines.ts'

const release = releases.find((each) => each === process.argv[2])
if (release === undefined) throw new Error(`no such release: ${process.argv[2]}`)
process.stdout.write(imageOf(release).id)
