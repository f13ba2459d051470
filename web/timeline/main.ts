import { readData } from './read-data.ts'
import { showTimeline } from './timeline.ts'

const page = document.querySelector<HTMLElement>('#page')
const embedded = document.querySelector('#data')
if (!page || !embedded) throw new Error('The page is not whole')
const data = await readData(embedded.textContent ?? '')
// The text is as large as all the rest.
embedded.remove()
document.title = `${data.test.title}: machine timeline`
showTimeline(data, page)
