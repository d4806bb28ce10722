"""Words the pretend world is named with. None of the firms or people exists."""

CLUSTERS = (
    "health_medtech",
    "cleantech",
    "automotive_ev",
    "advanced_manufacturing",
    "aerospace",
    "rail_vlr",
    "creative",
    "digital_tech",
    "professional_financial",
    "logistics",
    "construction_housing",
)
EVENT_KINDS = ("showcase", "network breakfast", "challenge workshop", "sandpit", "demonstration day", "round table")
FIRM_FIRST = """
Aldgate Amberley Anvil Apex Arden Ashlar Aston Avon Beacon Bentley Blackthorn Blythe Bracken Brindley Bromford
Cannon Castle Cobalt Copper Crescent Cygnet Delph Diglis Eagle Earl Edgbaston Falcon Fazeley Foundry Gas Gosta
Granby Granite Hagley Harborne Heron Hockley Holloway Icknield Iron Jewellery Kestrel Kiln Kings Ladywood Lark
Lickey Lode Longbridge Maple Mercia Midland Moor Netherton Nimbus Northfield Oak Oldbury Orchard Perry Pinfold
Quarry Quinton Ridge Rowley Saltley Severn Shard Silver Spaghetti Spon Staffordshire Stour Tame Temple Thimble
Trent Trinity Umber Vale Vulcan Warstock Weoley Wharf Willow Witton Yew Yardley Zenith
""".split()  # noqa: SIM905 - a word list reads better than a list of words
FIRM_SECOND = """
Additive Aero Analytics Batteries Biologics Castings Ceramics Circuits Coatings Components Composites Controls
Data Devices Diagnostics Digital Drives Dynamics Electric Electronics Energy Engineering Fabrications Foods
Forge Games Genomics Glass Hydrogen Imaging Instruments Labs Lasers Lighting Logistics Machining Materials
Media Medical Metals Mobility Motion Networks Optics Packaging Photonics Plastics Polymers Power Pressings
Pumps Rail Recycling Robotics Sensors Simulation Software Solar Spaces Steels Studios Systems Therapeutics
Tooling Transmissions Valves Vehicles Ventilation Vision Waters Welding Wireless Workshops
""".split()  # noqa: SIM905 - a word list reads better than a list of words
FIRST_NAMES = """
Aaliyah Adebayo Aisling Amrit Anneka Bartholomew Bethany Blessing Callum Catriona Chidinma Cordelia Damian
Devika Eleanor Emeka Fatima Ffion Gareth Gurpreet Harriet Imogen Ioana Jasminder Joaquin Kavita Kieran Lakshmi
Leopold Lucinda Magdalena Malachi Mehmet Nadezhda Niamh Oluwaseun Ottilie Padraig Parminder Philippa Quentin
Rajesh Rosalind Sadiq Saoirse Siddharth Tabitha Temitope Theodora Ulrich Venetia Wilhelmina Xanthe Yasmin
Zbigniew
""".split()  # noqa: SIM905 - a word list reads better than a list of words
LAST_NAMES = """
Abernathy Achterberg Balogun Bannerjee Blackadder Carruthers Chatterjee Copplestone Dhaliwal Drinkwater
Ellingham Entwistle Featherstone Fitzwilliam Gallagher Ghuman Hargreaves Hollingsworth Ibrahimovic Iremonger
Jankowski Jephcott Kalsbeek Kirkbride Lachowicz Lillywhite Mactaggart Mountjoy Nakamura Nettleship Okonkwo
Ollerenshaw Papadakis Pettigrew Quattlebaum Ramaswamy Rosenqvist Sandhurst Stockbridge Thistlewood Trelawney
Underhill Vandermeer Wadhwani Wigglesworth Xenophontos Yardley-Smith Zielinski
""".split()  # noqa: SIM905 - a word list reads better than a list of words
LEGAL_FORMS = ("Limited", "Ltd", "LTD", "Ltd.", "limited")
PERSONAL_MAIL = ("gmail.com", "hotmail.co.uk", "outlook.com", "yahoo.co.uk", "icloud.com")
PUBLIC_BODIES = (
    "Brindley Hospitals NHS Foundation Trust",
    "Ardenbury City Council",
    "Mercia Health Board",
    "Stour Valley Borough Council",
)
THIRD_SECTOR = (
    "Foundry Trust",
    "Anvil Community Enterprise",
    "Heron Skills Charity",
    "Cygnet Social Enterprise",
    "Lark Community Fund",
)
TOPICS = (
    "Digital health",
    "Medical devices",
    "Net zero factories",
    "Battery recycling",
    "Hydrogen",
    "Very light rail",
    "Games",
    "Data for diagnostics",
    "Advanced materials",
    "Future housing",
    "5G",
    "Circular economy",
    "Robotics",
    "Food technology",
)
UNIVERSITIES = (
    "University of Ardenbury",
    "Mercia Technical University",
    "Tameside Vale University",
    "Sandwell Polytechnic University",
)
