/** Where the pages of guests begin: what the server has drawn already is taken over as it stands. */
import { createRoot, hydrateRoot } from 'react-dom/client'
import '../ui/look.css'
import './focal.css'
import './guest.css'
import './plate.css'
import { readBoot } from './boot.ts'
import { GalleryPage } from './GalleryPage.tsx'
import { placeFirst } from './place-first.ts'

placeFirst()
const slug = decodeURIComponent(location.pathname.split('/')[2] ?? '')
const root = document.getElementById('root')!
const page = <GalleryPage slug={slug} boot={readBoot()} />
if (root.hasChildNodes()) hydrateRoot(root, page)
else createRoot(root).render(page)
